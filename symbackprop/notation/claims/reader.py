r"""A note to its lines: every passage parsed, the notation decided for all of them, every statement read.

passages ─ surface/ ─▶ statements ─ deciding ─▶ notation
statements, notation, symbols ─ resolver ─▶ sides ─ readings ─▶ lines
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from symbackprop.algebra.binding import tensors_in
from symbackprop.errors import IndexRangeError, LimitError, Location, NotationError, SymbackpropError, UnknownNameError
from symbackprop.model.model import Model
from symbackprop.notation.claims.accumulation import Begun, accumulated, mask_of, where_not
from symbackprop.notation.claims.adjoints import gradient_of, looks_like_gradient
from symbackprop.notation.claims.bounds import counts_of_terms
from symbackprop.notation.claims.cases import by_values, by_variable, with_wildcards
from symbackprop.notation.claims.conditions import under
from symbackprop.notation.claims.context import Context, Notation
from symbackprop.notation.claims.deciding import notation_of
from symbackprop.notation.claims.depths import depths_of
from symbackprop.notation.claims.extents import extents_in, named_sizes
from symbackprop.notation.claims.headings import root_under, scale_under
from symbackprop.notation.claims.layer_letters import has_layers, open_marks, with_brackets
from symbackprop.notation.claims.leaves import (
    Leaf,
    as_node,
    given_in,
    given_name,
    leaf_of,
    leaves_in,
    letter_of,
    marks_of,
    shift_of,
)
from symbackprop.notation.claims.new_names import change_of, has_powers, is_named, is_open_rate, open_function
from symbackprop.notation.claims.otherwise import with_words_around
from symbackprop.notation.claims.parsing import parsed
from symbackprop.notation.claims.printed import check_numbers, value_of
from symbackprop.notation.claims.readings import reading_of, scope_of
from symbackprop.notation.claims.records import Claim, Defined, Line, Note, Reading, Schema, Unreadable
from symbackprop.notation.claims.references import is_family, is_prediction, reference_of
from symbackprop.notation.claims.resolver import resolve
from symbackprop.notation.claims.scales import names_loss, names_samples, speaks_of_all
from symbackprop.notation.claims.statements import Statement, Unparsed, decimals_of, is_update, named_by
from symbackprop.notation.claims.stating import states
from symbackprop.notation.claims.sums import index_letters
from symbackprop.notation.claims.symbols import Symbols, key, symbols_of
from symbackprop.notation.claims.updates import RATES, is_ascent, is_change, with_old_names, with_rate
from symbackprop.notation.claims.usual_names import data_terms
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.notes.passages import Part, Passage
from symbackprop.notation.reading import syntax
from symbackprop.notation.reading.values import Value
from symbackprop.notation.surface.tree import (
    Fence,
    Node,
    Number,
    Product,
    Rows,
    Word,
    walk,
)

MAX_CLAIMS = 2_000
_STATIONARY = re.compile(
    r"\b(?:set|setting|solve|solving|stationary|vanish\w*|optimum|optimal\w*|zero|normal eq)\b", re.I
)
_NO_CHANGES: Mapping[str, Any] = MappingProxyType({})


def read_note(
    parts: Iterable[Part],
    model: Model,
    conventions: Conventions | None = None,
    changes: Mapping[str, Any] = _NO_CHANGES,
    only: Collection[int] | None = None,
) -> Note:
    """The lines of a note beside a model, and the notation that was decided for it but for these `changes` to it.

    Where `only` gives numbers of lines, the others are read as far as those rest on them: for the names they define.

    Raises:
        LimitError: the note states more than `MAX_CLAIMS` things.
    """
    conventions = conventions or Conventions()
    found = tuple(with_words_around(part) if isinstance(part, Statement) else part for part in parsed(parts))
    if len(found) > MAX_CLAIMS:
        where = found[MAX_CLAIMS].passage.source.locate(found[MAX_CLAIMS].span)
        raise LimitError(f"there are more than {MAX_CLAIMS:,} claims", where=where, fix="Split the notes.")
    tables = symbols_of(model)
    learnt = frozenset(t.name for t in model.tensors if t.role == "parameter")
    found = tuple(accumulated(found, learnt, lambda name: _is_of_preactivation(name, tables[-1])))
    statements = [part for part in found if isinstance(part, Statement)]
    notation = notation_of(statements, tables, conventions.index_base)
    notation = replace(notation, **changes)
    without_penalty = {table.scale: data_terms(table) for table in tables}
    reader = _Reader(tables, notation, {scale: dict(values) for scale, values in without_penalty.items()})
    reader.survey(statements)
    stating = [part for part in found if states(part, tables)]
    lines = [_line(part, reader, only is None or number in only) for number, part in enumerate(stating)]
    for number, (part, line) in enumerate(zip(stating, lines, strict=True)):
        if isinstance(part, Statement) and (reader.explains_later(line) or reader.lays_out_otherwise(part, line)):
            lines[number] = reader.line(part)
    said = (*notation.said, *_said_of_penalties(statements, without_penalty[tables[-1].scale]))
    return Note(tuple(lines), (*said, *_said_of_readings(lines)), ranked=True, base=notation.base)


def _said_of_readings(lines: Iterable[Line]) -> Iterator[str]:
    """What single lines were understood to say, each once."""
    readings = [reading for line in lines if isinstance(line, Claim) for reading in line.readings]
    yield from dict.fromkeys(reading.said for reading in readings if reading.said)


def _is_of_preactivation(name: str, symbols: Symbols) -> bool:
    """Whether a name is that of the gradient of a pre-activation, which what a mask makes of it may be."""
    tensor = symbols.tensor(name[1:]) if name[:1] == "d" else None
    return tensor is not None and tensor in symbols.preactivations


def _said_of_penalties(statements: Iterable[Statement], names: Collection[str]) -> Iterator[str]:
    """That the note has a usual name for the cost without its penalties."""
    leaves = [leaf for statement in statements for side in statement.sides for leaf in leaves_in(side)] if names else []
    used = dict.fromkeys(found[0] for leaf in leaves if (found := given_in(leaf, names)) is not None)
    yield from (f"{name} is the cost without its penalties" for name in used)


def _line(part: Statement | Unparsed | Begun, reader: _Reader, wanted: bool) -> Line:
    match part:
        case Statement():
            return reader.line(part, wanted)
        case Begun(statement):
            name = statement.source.written(statement.sides[0].span)
            return Defined(statement.where, statement.written, name, "a later line changes it")
        case Unparsed():
            where, written = part.passage.source.locate(part.span), part.passage.source.written(part.span)
            error = _not_filled_in(where) if _BLANK.search(written) else part.error
            return Unreadable(error.where or where, written, error)


def words_of(model: Model) -> frozenset[str]:
    """The names of a model and of its adjoints, which are no prose in a note on it."""
    whole = symbols_of(model)[-1]
    adjoints = (f"d{name}" for name in whole.tensors)
    return frozenset({*whole.tensors, *adjoints, *whole.sizes, *model.functions, *whole.roots})


@dataclass(slots=True)
class _Reader:
    """Reads statements one after the other; names that an earlier one has defined are known to the later ones.

    `values` are the numbers that it gives to data and parameters, None where it gives two.
    `of_all` are the parameters whose gradients are stated for all samples, by the headings that they stand under;
    `laid_out` are headings under which the order of the factors fits for all samples alone;
    `batch` are the headings under which a gradient over all samples was stated last: what follows it there goes on so.
    """

    tables: Sequence[Symbols]
    notation: Notation
    given: dict[str, dict[str, Value]] = field(default_factory=dict)
    values: dict[str, Fraction | None] = field(default_factory=dict)
    definitions: list[str] = field(default_factory=list)
    batch: tuple[str, ...] | None = None
    of_all: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict)
    laid_out: set[tuple[str, ...]] = field(default_factory=set)
    stationary: Passage | None = None
    small: frozenset[str] = frozenset()

    def survey(self, statements: Iterable[Statement]) -> None:
        """Notes under which headings which parameters have their gradients stated with the number of samples."""
        statements = tuple(statements)
        words = {leaf.word.removeprefix("d") for s in statements for side in s.sides for leaf in leaves_in(side)}
        sampled = {name.rstrip("0123456789") for name in self.tables[-1].sampled}
        self.small = frozenset(w for w in words if len(w) == 1 and w.islower() and w in sampled and w.upper() in words)
        for statement in statements:
            own = self._learnt(statement) if names_samples(statement, self.tables[-1]) else None
            if own is not None:
                titles = statement.passage.headings
                self.of_all[titles] = self.of_all.get(titles, frozenset()) | {own}

    def line(self, statement: Statement, wanted: bool = True) -> Line:
        """What a statement is: a claim, one for each layer, a definition, or nothing that can be read.

        One that is not wanted, and gives no name to anything, is passed over.
        """
        statement = with_old_names(statement, self._open_rates())
        statement = with_wildcards(statement, self.tables[-1])
        letters = self._layer_letters(statement)
        if statement.signs in (("*=",), ("/=",)):
            error = _scaled_alone(statement)
            return Unreadable(statement.where, statement.written, error)
        if _BLANK.search(statement.written):
            return Unreadable(statement.where, statement.written, _not_filled_in(statement.where))
        if statement.rest is not None:
            error = _left(statement)
            return Unreadable(error.where or statement.where, statement.written, error)
        try:
            variables = tuple(by_variable(statement)) or tuple(by_values(statement))
            if not (wanted or letters or variables or self._new_names(statement, {}) is not None):
                return Defined(statement.where, statement.written, "", "")
            if variables:
                return self._each(statement, variables)
            return self._schema(statement, letters) if letters else self._claim(statement, {})
        except SymbackpropError as error:
            return Unreadable(error.where or statement.where, statement.written, error)
        finally:
            self._enter_batch(statement)

    def _open_rates(self) -> frozenset[str]:
        """The usual letters of a learning rate that have no value, from the model or the note."""
        known = {name for table in self.tables for name in table.tensors}.union(*self.given.values())
        return RATES - known

    def explains_later(self, line: Line) -> bool:
        """Whether a line could not be read for want of a name that a later line defines, once in all of the note."""
        if not isinstance(line, Unreadable) or not isinstance(line.error, UnknownNameError):
            return False
        spelled = key(line.error.name or "")
        return sum(spelled.startswith(key(name)) for name in self.definitions) == 1

    def lays_out_otherwise(self, statement: Statement, line: Line) -> bool:
        """Whether a gradient was read for one sample, though others under its headings are for all by their layout."""
        one = isinstance(line, Claim) and line.scale is None and any(r.scale == "one sample" for r in line.readings)
        return one and statement.passage.headings in self.laid_out and self._states_gradient(statement)

    # layers

    def _layer_letters(self, statement: Statement) -> tuple[str, ...]:
        """The letters of the statement that stand for any layer; "" where bare letters of layers stand alone."""
        if not self.tables[-1].layers:
            return ()
        found: dict[str, None] = {}
        leaves = [leaf for side in statement.sides for leaf in (*leaves_in(side), *with_brackets(side))]
        for leaf in leaves:
            for mark in open_marks(leaf):
                shift = shift_of(mark)
                if shift is not None and shift[0] in self.notation.each_layer and has_layers(leaf, self.tables):
                    found.setdefault(shift[0])
        if not found and any(self._is_bare(leaf) for leaf in leaves):
            last = any(self._names_last(mark) for leaf in leaves for mark in leaf.above)
            return () if last else ("",)
        return tuple(found)

    def _is_bare(self, leaf: Leaf) -> bool:
        """Whether a letter that the model numbers by layers stands without a number."""
        word = leaf.word.partition(".")[0]  # W.T
        words = (word, word.removeprefix("d"))
        symbols = self.tables[-1]
        numbered = [word for word in words if is_family(word, symbols)]
        parameters = {symbols.roles.get(name) for word in numbered for name in symbols.families[word].values()}
        return bool(numbered) and leaf.bare and "parameter" in parameters

    def _names_last(self, mark: Node) -> bool:
        shift = shift_of(mark)
        return shift is not None and shift[0] in self.notation.last_layer

    def _each(self, statement: Statement, instances: Sequence[tuple[str, Statement]]) -> Line:
        """One claim for each variable by which a statement differentiates."""
        made = [(words, self._claim(instance, {}, defines=False)) for words, instance in instances]
        claims = tuple((words, claim) for words, claim in made if isinstance(claim, Claim))
        return Schema(statement.where, statement.written, claims)

    def _schema(self, statement: Statement, letters: tuple[str, ...]) -> Line:
        """The statement at each layer for which all of its tensors exist."""
        numbers = self.tables[-1].layers
        instances: list[tuple[str, Claim]] = []
        errors: list[SymbackpropError] = []
        for number in range(numbers[0] - 1, numbers[-1] + 2):
            try:
                line = self._claim(statement, dict.fromkeys(letters, number))
            except SymbackpropError as error:
                errors.append(error)
                continue
            if isinstance(line, Claim):
                instances.append((f"{letters[0] or 'l'} = {number}", line))
            elif isinstance(line, Defined):
                return line
        if not instances:
            raise max(errors, key=_progress)
        if len(instances) == 1:
            return instances[0][1]
        return Schema(statement.where, statement.written, tuple(instances))

    # claims

    def _claim(self, statement: Statement, layers: Mapping[str, int], defines: bool = True) -> Line:
        """The statement for given layers, at each scale at which its names and shapes fit; it may define a name.

        Raises:
            SymbackpropError: it can be read at no scale.
        """
        self._check_update(statement, layers)
        _check_one_argument(statement, self.tables)
        defined = self._defined(statement, layers) if defines else None
        if defined is not None:
            return defined
        readings: list[Reading] = []
        errors: list[SymbackpropError] = []
        for symbols in self._ordered(statement):
            try:
                readings += tuple(self._readings(statement, self._context(statement, symbols, layers)))
            except SymbackpropError as error:
                errors.append(error)
        values = {name: value for name, value in self.values.items() if value is not None}
        check_numbers(statement, readings, self.tables, values)
        readings = [replace(reading, values=values) for reading in readings]
        if not readings:
            raise max(errors, key=_progress)
        whole = [reading for reading in readings if reading.scale == "all samples"]
        if names_samples(statement, self.tables[-1]) or (self._goes_on(statement) and any(map(_fits, whole))):
            readings = whole or readings
        if whole and all(map(_fits, whole)) and any(not _fits(r) for r in readings if r.scale == "one sample"):
            self.laid_out.add(statement.passage.headings)
        readings.sort(key=_is_stretched)
        fitting = tuple(reading for reading in readings if _fits(reading))
        kind = "update" if is_update(statement) or is_change(statement) else "equality"
        scale = scale_under(statement.passage.headings)
        ascends = kind == "update" and is_ascent(statement)
        read, under_ = fitting or tuple(readings), _conditions_in_words(statement)
        return Claim(statement.where, statement.written, kind, read, scale, ascends=ascends, conditions=under_)

    def _ordered(self, statement: Statement) -> list[Symbols]:
        """The scales, the likelier first: that of the headings above, then what the letters say."""
        if len(self.tables) == 1:
            return list(self.tables)
        one, whole = self.tables
        scale = scale_under(statement.passage.headings)
        if scale is not None:
            return [one, whole] if scale == one.scale else [whole, one]
        return [whole, one] if self._speaks_of_all(statement) or self._goes_on(statement) else [one, whole]

    def _speaks_of_all(self, statement: Statement) -> bool:
        """Whether the heading above a statement names the cost, or its letters all samples."""
        one, whole = self.tables
        root = root_under(statement.passage.headings)
        of_cost = root == "cost" or (root is not None and whole.roots.get(root) == whole.model.root)
        return of_cost or speaks_of_all(statement, one, whole, self.notation)

    def _enter_batch(self, statement: Statement) -> None:
        """Later statements go on from a gradient over all samples, where no heading says which are meant."""
        open_scale = len(self.tables) > 1 and scale_under(statement.passage.headings) is None
        if open_scale and self._states_gradient(statement) and self._speaks_of_all(statement):
            self.batch = statement.passage.headings

    def _goes_on(self, statement: Statement) -> bool:
        """Whether a statement of a gradient stands below one that is over all samples, and is so as well."""
        if self._is_in_small_letters(statement):
            return False
        here = self.batch == statement.passage.headings and self._states_gradient(statement)
        laid_out = statement.passage.headings in self.laid_out and self._states_gradient(statement)
        here = here or laid_out or self._is_amid_a_batch(statement)
        return here and not names_loss(statement, self.tables[-1])

    def _is_amid_a_batch(self, statement: Statement) -> bool:
        """Whether the gradient of a parameter stands under headings where those of others name the number of samples.

        It is of one sample all the same where its own is stated with that number elsewhere there.
        """
        if len(self.tables) == 1 or scale_under(statement.passage.headings) is not None:
            return False
        if self._is_in_small_letters(statement):
            return False
        own = self._learnt(statement)
        named = self.of_all.get(statement.passage.headings, frozenset())
        return own is not None and bool(named) and own not in named

    def _is_in_small_letters(self, statement: Statement) -> bool:
        """Whether a statement has z where the note has Z as well: that of one sample beside that of all."""
        words = {leaf.word.removeprefix("d") for side in statement.sides for leaf in leaves_in(side)}
        return bool(words & self.small) and not words & {word.upper() for word in self.small}

    def _learnt(self, statement: Statement) -> str | None:
        """The parameter whose gradient a statement is about, by its letter: `dW1`."""
        leaf = named_by(statement.sides[0])
        found = None if leaf is None else gradient_of(leaf, self._context(statement, self.tables[-1], {}))
        tensor = None if found is None else found.reference.tensor
        return tensor if tensor is not None and self.tables[-1].roles.get(tensor) == "parameter" else None

    def _states_gradient(self, statement: Statement) -> bool:
        leaves = tuple(leaves_in(statement.sides[0]))
        context = self._context(statement, self.tables[-1], {})
        return any(looks_like_gradient(leaf) or gradient_of(leaf, context) is not None for leaf in leaves)

    def _readings(self, statement: Statement, context: Context) -> Iterator[Reading]:
        """The reading at one scale; where its sides do not agree in shape, those that may be meant instead."""
        reading = self._reading(statement, context)
        yield reading
        if _agree_in_shape(reading):
            return
        yield self._reading(statement, replace(context, pointwise=True))
        notation = context.notation
        if notation.numpy:
            yield self._reading(statement, replace(context, notation=replace(notation, numpy=False)))
        if any(isinstance(part, Fence) and part.opening == "⟨" for side in statement.sides for part in walk(side)):
            other = self._reading(statement, replace(context, notation=replace(notation, outer_brackets=True)))
            beyond = next((side.error for side in other.sides if isinstance(side.error, IndexRangeError)), None)
            if beyond is not None:
                raise beyond  # its shapes would fit
            yield other

    def _reading(self, statement: Statement, context: Context) -> Reading:
        nodes = [resolve(side, context) for side in statement.sides]
        if is_update(statement) and statement.signs[0] in ("-=", "+="):
            sign = statement.signs[0][0]
            nodes[1] = syntax.Addition((("+", nodes[0]), (sign, nodes[1])), nodes[1].span)
        nodes = with_rate(nodes, statement, {*context.symbols.tensors, *context.given})
        for condition in statement.conditions:
            nodes = under(condition, nodes, context)
        each = tuple(syntax.Name(letter, statement.span) for letter in statement.each)
        given = self.given.get(context.symbols.scale, {})
        scope = scope_of(context, given, frozenset(statement.each))
        found = reading_of(nodes, each, context.symbols, scope, self.notation.samples)
        digits = [decimals_of(side) for side in statement.sides]
        sides = zip(found.sides, digits, strict=True)
        return replace(found, sides=tuple(replace(side, decimals=count) for side, count in sides))

    def _context(self, statement: Statement, symbols: Symbols, layers: Mapping[str, int]) -> Context:
        given = frozenset(self.given.get(symbols.scale, {}))
        free = (*index_letters(statement.sides[0]), *_variable(statement.sides[0], symbols))
        context = Context(
            statement.source,
            symbols,
            self.notation,
            layers=layers,
            bound=frozenset(statement.each),
            free=frozenset(free),
            line_layer=self._line_layer(statement, symbols, layers),
            given=given,
            divides_words=statement.passage.markup == "latex",
            depths=self._depths(statement, symbols),
        )
        context = replace(context, sizes_of=extents_in(statement.sides, context))
        sizes = {**counts_of_terms(statement.sides, context), **named_sizes(statement.sides, context)}
        return replace(context, named_sizes=sizes)

    def _depths(self, statement: Statement, symbols: Symbols) -> Mapping[str, int]:
        """How deep the layers lie that a statement names by letters, in a model that numbers none."""
        if symbols.layers:
            return {}
        leaves = [leaf for side in statement.sides for leaf in leaves_in(side)]
        return depths_of(leaves, self.notation, symbols)

    def _line_layer(self, statement: Statement, symbols: Symbols, layers: Mapping[str, int]) -> int | None:
        """The layer that a bare letter has in a line: the last one where the line names it, or that of the letter l."""
        leaves = [leaf for side in statement.sides for leaf in (*leaves_in(side), *with_brackets(side))]
        if symbols.layers and any(self._names_last(mark) for leaf in leaves for mark in leaf.above):
            return symbols.layers[-1]
        return next(iter(layers.values()), None)

    def _check_update(self, statement: Statement, layers: Mapping[str, int]) -> None:
        """An update is of a tensor that the model does not compute.

        Raises:
            NotationError: it changes something else.
        """
        if not is_update(statement):
            return
        leaf = named_by(statement.sides[0])
        for table in self.tables:
            found = None if leaf is None else reference_of(leaf, self._context(statement, table, layers))
            if found is not None and table.is_given(found.tensor):
                return
        written = statement.source.written(statement.sides[0].span)
        raise NotationError(
            f"{written} is changed step by step, and only parameters are",
            where=statement.where,
            fix="Write what it is in the end, with =.",
            name=written,
        )

    # definitions

    def _defined(self, statement: Statement, layers: Mapping[str, int]) -> Line | None:
        """What becomes of a statement that gives a name to something: the name, or the claim that is left."""
        told = self._assumed(statement) or self._stationary(statement) or self._masked(statement, layers)
        if told is not None:
            return told
        named = self._new_names(statement, layers)
        if named is None or is_update(statement):
            return None
        place, leaf = named
        rest = tuple(side for at, side in enumerate(statement.sides) if at != place)
        name = statement.source.written(leaf.span)
        alone = replace(statement, sides=(rest[0], rest[0]), signs=("=",))
        claim = self._claim(alone, layers, defines=False)
        assert isinstance(claim, Claim)
        for reading in claim.readings:
            value, indices = reading.sides[0].value, [symbol.name for symbol in reading.indices]
            known = given_name(leaf, indices)
            if value is not None and known is not None and list(map(letter_of, known[1])) == indices:
                self.given.setdefault(reading.scale, {})[known[0]] = value
        self.definitions.append("_".join((leaf.word, *leaf.accents)))
        if len(rest) < 2:
            words = f"it stands for {statement.source.written(alone.sides[0].span)}"
            return Defined(statement.where, statement.written, name, words)
        line = self._claim(replace(statement, sides=rest, signs=statement.signs[1:]), layers, defines=False)
        return replace(line, definition=name) if isinstance(line, Claim) else line

    def _stationary(self, statement: Statement) -> Defined | None:
        """`∇L = 0` where the words say that it is set to 0: a condition, neither right nor wrong.

        Raises:
            NotationError: an equation in the same paragraph that holds there alone.
        """
        passage, last = statement.passage, statement.sides[-1]
        zero = isinstance(last, Number) and last.value == 0 and self._states_gradient(statement)
        if zero and any(_STATIONARY.search(words) for words in (passage.before, passage.after)):
            self.stationary = passage
            words = "a condition that the note sets"
            return Defined(statement.where, statement.written, statement.source.written(statement.sides[0].span), words)
        set_, here = self.stationary, passage.span.start
        if set_ is None or set_.source is not passage.source or "\n\n" in passage.source.text[set_.span.end : here]:
            return None
        if self._states_gradient(statement):
            return None
        raise NotationError(
            "this is said of where the gradient is 0, and is not judged",
            where=statement.where,
            fix="Write the gradient that is set to 0.",
        )

    def _masked(self, statement: Statement, layers: Mapping[str, int]) -> Defined | None:
        """`dh[h <= 0] = 0`, which a program does to a name: from here on it has zeros where the condition holds."""
        mask = mask_of(statement)
        if mask is None:
            return None
        leaf, condition = mask
        masked = where_not(as_node(leaf), condition)
        try:
            claim = self._claim(replace(statement, sides=(masked, masked)), layers, defines=False)
        finally:  # what cannot be read leaves nothing known of the name
            for given in self.given.values():
                given.pop(leaf.word, None)
        assert isinstance(claim, Claim)
        for reading in claim.readings:
            if reading.sides[0].value is not None:
                self.given.setdefault(reading.scale, {})[leaf.word] = reading.sides[0].value
        words = f"from here on it is 0 where {statement.source.written(condition.span)}"
        return Defined(statement.where, statement.written, leaf.word, words)

    def _assumed(self, statement: Statement) -> Defined | None:
        """A value given to data, a parameter or an open function, `B = 0`: an assumption, neither right nor wrong."""
        written = statement.source.written
        example = open_function(statement.sides[0], self.tables[-1].model)
        if example is not None:
            words = f"an assumption: the model leaves the function {example} open"
            return Defined(statement.where, statement.written, example, words)
        leaf = leaf_of(statement.sides[0])
        if leaf is None or leaf.above or leaf.primes or statement.signs not in (("=",), ("==",)):
            return None
        value = value_of(statement.sides[1])
        if value is None and not isinstance(statement.sides[1], Rows):
            return None
        pieces = (leaf.word, *leaf.accents, *marks_of(leaf.below))
        names = [name for table in self.tables if (name := table.named(*pieces)) is not None]
        roles = {table.roles.get(name) for table, name in zip(self.tables, names, strict=False)}
        if not names or not roles <= {"parameter", "input", "target", "constant"}:
            return None
        for name in names if value is not None else ():
            self.values[name] = value if self.values.get(name, value) == value else None
        words = f"an assumption: the model leaves {written(statement.sides[0].span)} open"
        return Defined(statement.where, statement.written, written(leaf.span), words)

    def _new_names(self, statement: Statement, layers: Mapping[str, int]) -> tuple[int, Leaf] | None:
        """The outer side that is a name which nothing bears, and no gradient's by its looks."""
        for place in (0, len(statement.sides) - 1):
            leaf = leaf_of(statement.sides[place]) or change_of(statement.sides[place], self.tables)
            if (
                leaf is None
                or leaf.primes
                or leaf.word == "I"
                or (leaf.word == "e" and leaf.above)
                or (has_powers(leaf) and any(is_named(leaf, table) for table in self.tables))
                or not leaf.word[:1].isalpha()
            ):
                continue
            defined = "_".join((leaf.word, *leaf.accents)) in self.definitions
            known = defined or any(is_named(leaf, table) for table in self.tables)
            if is_prediction(leaf) and leaf.bare and not known:
                return place, leaf
            if is_open_rate(leaf, self.tables) or self._is_no_root(leaf, place, statement, layers):
                return place, leaf
            if looks_like_gradient(leaf) or any(self._knows(leaf, statement, s, layers) for s in self.tables):
                continue
            return place, leaf
        return None

    def _is_no_root(self, leaf: Leaf, place: int, statement: Statement, layers: Mapping[str, int]) -> bool:
        """Whether a usual letter of a loss, which the model's own has not, names something that is no number."""
        own = {name for table in self.tables for name in (table.model.root, table.whole.loss)}
        if not leaf.bare or leaf.word in own or not any(leaf.word in table.roots for table in self.tables):
            return False
        other = statement.sides[1 if place == 0 else 0]
        try:
            line = self._claim(replace(statement, sides=(other, other), signs=("=",)), layers, defines=False)
        except SymbackpropError:
            return False
        values = [r.sides[0].value for r in line.readings] if isinstance(line, Claim) else []
        return bool(values) and all(value is not None and value.rank > 0 for value in values)

    def _knows(self, leaf: Leaf, statement: Statement, symbols: Symbols, layers: Mapping[str, int]) -> bool:
        context = self._context(statement, symbols, layers)
        if reference_of(leaf, context) is not None or gradient_of(leaf, context) is not None:
            return True
        try:
            resolve(statement.sides[0] if leaf_of(statement.sides[0]) == leaf else statement.sides[-1], context)
        except (NotationError, UnknownNameError):
            return False
        return True


def _conditions_in_words(statement: Statement) -> str:
    """The conditions that stand outside of what is quoted of a statement: `y = 1`."""
    whole = statement.span
    outside = [c.span for c in statement.conditions if not whole.start <= c.span.start < c.span.end <= whole.end]
    return " and ".join(dict.fromkeys(map(statement.source.written, outside)))


def _check_one_argument(statement: Statement, tables: Sequence[Symbols]) -> None:
    """A loss with two lists of arguments in one statement, `H(p) = H(q)`, is a function, and not the model's loss.

    Raises:
        NotationError: there are two.
    """
    found: dict[str, set[str]] = {}
    for part in (part for side in statement.sides for part in walk(side) if isinstance(part, Product)):
        for (_, head), (joint, fence) in pairwise(part.factors):
            leaf = leaf_of(head)
            named = leaf is not None and leaf.bare and any(leaf.word in table.roots for table in tables)
            if leaf is not None and named and joint == "" and isinstance(fence, Fence) and fence.opening == "(":
                found.setdefault(leaf.word, set()).add("".join(statement.source.written(fence.span).split()))
    for word, arguments in found.items():
        if len(arguments) > 1:
            written = " and ".join(f"{word}{one}" for one in sorted(arguments))
            raise NotationError(
                f"{written} differ, and the model has one {word}",
                where=statement.where,
                fix=f"Write {word} alone for the model's.",
                name=word,
            )


def _fits(reading: Reading) -> bool:
    return all(side.error is None for side in reading.sides)


def _is_stretched(reading: Reading) -> bool:
    """Whether a number that depends on tensors stands for all entries of another side, which is seldom meant."""
    values = [side.value for side in reading.sides if side.value is not None]
    numbers = any(not value.rank and tensors_in(value.expression) for value in values)
    return numbers and any(size != 1 for value in values for size in value.shape)


def _agree_in_shape(reading: Reading) -> bool:
    values = [side.value for side in reading.sides]
    return all(value is not None and values[0] is not None and value.shape == values[0].shape for value in values)


def _scaled_alone(statement: Statement) -> NotationError:
    """`dx *= r` of what no line before has given a value."""
    sign = statement.signs[0]
    return NotationError(
        f"a claim is an equality, but found {sign}",
        where=statement.where,
        because="No line before says what is changed.",
        fix="Write =.",
        name=sign,
    )


_BLANK = re.compile(r"(?:\\_){3,}|(?<!\w)_{3,}(?!\w)")  # of a worksheet


def _not_filled_in(where: Location) -> NotationError:
    return NotationError(
        "nothing is filled in here",
        where=where,
        because="A blank of a worksheet stands on this line.",
        fix="Write the formula in the place of ____.",
        name="____",
    )


def _left(statement: Statement) -> NotationError:
    """What stands behind a statement and is neither a condition nor a remark."""
    assert statement.rest is not None
    written = statement.source.written(statement.rest.span)
    return NotationError(
        f"{written} stands behind the statement, and it is not told what for",
        where=statement.source.locate(statement.rest.span),
        fix="Write it on a line of its own.",
        name=written,
    )


def _progress(error: SymbackpropError) -> tuple[int, int]:
    """How far a statement was read before the error."""
    return (error.where.line, error.where.column) if error.where is not None else (0, 0)


def _variable(side: Node, symbols: Symbols) -> tuple[str, ...]:
    """The letter of a claim about a function, `σ'(u) = ...`, where no tensor bears it."""
    match side:
        case Product(((_, head), (_, Fence("(", Word(text))))):
            leaf = leaf_of(head)
            named = leaf is not None and symbols.tensor(leaf.word) is None
            return (text,) if named and symbols.tensor(text) is None else ()
    return ()
