r"""What a note means by its letters, decided once for all of its statements before any of them is read.

Which letters count samples, steps and layers, whether a number above is a step, from where indices are counted, and
which letters the note gives to gradients. Decided from definitions, shapes and spelling, and never from what would make
a statement true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from symbackprop.errors import NotationError
from symbackprop.notation.claims import powers
from symbackprop.notation.claims.adjoints import as_delta, gradient_of, looks_like_gradient
from symbackprop.notation.claims.bounds import counts_of_terms, sizes_from_zero, stands_as_number, unknown_in
from symbackprop.notation.claims.context import Alias, Context, Notation
from symbackprop.notation.claims.differentials import Differential, differential, output_of, root_of
from symbackprop.notation.claims.extents import extents_of_note
from symbackprop.notation.claims.functions import plain_name
from symbackprop.notation.claims.gates import preactivation_of
from symbackprop.notation.claims.leaves import Leaf, is_transpose, leaf_of, leaves_in, letter_of, shift_of, text_of
from symbackprop.notation.claims.recursions import recursive_letters
from symbackprop.notation.claims.references import reference_of
from symbackprop.notation.claims.statements import Statement
from symbackprop.notation.claims.sums import index_letters
from symbackprop.notation.claims.symbols import Symbols, key
from symbackprop.notation.surface.tree import (
    Big,
    Fence,
    Node,
    Number,
    Product,
    Quotient,
    Relation,
    children,
    walk,
)
from symbackprop.notation.surface.tree import Sum as SumOf
from symbackprop.notation.writing.glyphs import GREEK

_STEPS = ("t", "tau", "k", "s")


def notation_of(statements: Sequence[Statement], tables: Sequence[Symbols], base: int) -> Notation:
    """The notation of a note."""
    notation = Notation(base=base)
    leaves = [leaf for statement in statements for side in statement.sides for leaf in leaves_in(side)]
    sums = [part for statement in statements for side in statement.sides for part in _bigs(side)]
    whole = tables[-1]
    samples = frozenset(_sample_letters(leaves, sums, tables))
    times = frozenset(_time_letters(leaves, whole)) | notation.times
    superscript = any(_is_step_above(leaf, times, whole) for leaf in leaves)
    notation = replace(
        notation,
        samples=samples - (times if whole.timed else frozenset()),
        times=times,
        superscript_times=superscript,
        base=_base(sums, base, whole),
        differentials=any(_is_total_differential(statement, tables) for statement in statements),
        delta_operates=any(_is_operated(statement.sides[0]) for statement in statements),
        matrix_powers=powers.are_of_matrices(statements, tables),
        each_layer=notation.each_layer.union(_layer_letters(leaves, sums, whole)) - {o for o, _ in whole.owned},
        last_layer=notation.last_layer - {owner for owner, _ in whole.owned},
    )
    notation = replace(
        notation, numpy=any(map(_is_of_program, leaves)), rows=frozenset(_letters_of_rows(leaves, whole))
    )
    from_zero = frozenset(sizes_from_zero(leaves, sums, notation.base, whole))
    sides = [side for statement in statements for side in statement.sides]
    last = frozenset(name for name in from_zero if any(stands_as_number(name, side) for side in sides))
    notation = replace(notation, from_zero=from_zero if notation.base == 0 else from_zero - last)
    notation = replace(notation, last_numbers=last & notation.from_zero)
    notation = replace(notation, labels=frozenset(_labels(leaves, sums, whole)))
    notation = replace(notation, delta_shift=_shift_of_deltas(leaves, whole))
    context = Context(statements[0].source, tables[0], notation) if statements else None
    if context is not None:
        notation = replace(notation, extents=extents_of_note((s.sides for s in statements), context))
    notation = replace(notation, outer_deltas=any(_shows_outer(s, tables, notation) for s in statements))
    notation = replace(notation, aliases=_first(_aliases(statements, tables, notation)))
    own = recursive_letters(statements, tables, notation)
    notation = replace(notation, aliases={**_first(own), **notation.aliases})
    more = (*_said_of_sums(statements, notation, whole), *_said_of_counts(statements, notation, whole))
    more += tuple(_said_of_outputs(statements, notation, whole))
    return replace(notation, said=(*_said(notation, leaves, whole), *more))


def _layer_letters(leaves: Sequence[Leaf], sums: Iterable[Big], symbols: Symbols) -> Iterator[str]:
    r"""Other letters than l that count layers: at numbered letters also shifted, \(h_{k-1}\), and nowhere an index."""
    bound = {letter for big in sums for letter in _bound_letters(big)} | symbols.sizes.keys() | symbols.tensors.keys()
    shifted: set[str] = set()
    elsewhere: set[str] = set()
    for leaf in leaves:
        stem = key(_without_sign(leaf).word + "".join(leaf.accents))
        marks = [mark for mark in (*leaf.below, *leaf.above) if not is_transpose(mark)]
        shifts = [shift for mark in marks if (shift := shift_of(mark)) is not None]
        numbered = len(symbols.families.get(stem, ())) > 1 and len(marks) == 1 and symbols.named(stem) is None
        for letter, change in shifts:
            if not numbered:
                elsewhere.add(letter)
            elif change:
                shifted.add(letter)
    if symbols.layers and not symbols.timed:
        yield from shifted - elsewhere - bound - {"L"}


def _labels(leaves: Sequence[Leaf], sums: Iterable[Big], symbols: Symbols) -> Iterator[tuple[str, str]]:
    r"""The letters below vectors that are part of their names, \(v_c\) and \(u_o\): none stands anywhere without.

    No sum binds them, nothing else has them for an index, and one of the vectors at least is transposed.
    """
    bound = {letter for big in sums for letter in _bound_letters(big)}
    marks: dict[str, set[str]] = {}
    turned: set[str] = set()
    for leaf in leaves:
        stem = _without_sign(leaf).word
        marks.setdefault(stem, set()).add("|".join(letter_of(mark) or "?" for mark in leaf.below))
        if any(map(is_transpose, leaf.above)):
            turned.add(stem)
    labelled: dict[str, str] = {}
    for stem, found in marks.items():
        letter = next(iter(found))
        vector = len(symbols.tensors.get(stem, ())) == 1 and len(letter) == 1 and letter.isalpha()
        elsewhere = any(letter in other for name, others in marks.items() if name != stem for other in others)
        if len(found) == 1 and vector and letter not in bound and not elsewhere:
            labelled[stem] = letter
    if labelled.keys() & turned:
        yield from labelled.items()


def _shift_of_deltas(leaves: Iterable[Leaf], symbols: Symbols) -> int:
    """-1 where δ is numbered by layers of which the input is the first: up to one more than there are, from 2."""
    deltas = [delta for leaf in leaves if (delta := as_delta(leaf)) is not None]
    marks = [part.body if isinstance(part, Fence) else part for d in deltas for part in (*d.above, *d.below[:1])]
    numbers = {int(mark.value) for mark in marks if isinstance(mark, Number) and mark.value.denominator == 1}
    last = symbols.layers[-1] if symbols.layers else 0
    return -1 if last and numbers and max(numbers) == last + 1 and min(numbers) > 1 else 0


def _is_total_differential(statement: Statement, tables: Sequence[Symbols]) -> bool:
    """Whether a statement is of the differential of a root, `dL = tr(Eᵀ dE)`, so that all d of its note are."""
    roots = {root for table in tables for root in table.roots}
    first = statement.sides[0]
    if isinstance(first, Product) and len(first.factors) == 2:
        head, root = (leaf_of(part) for _, part in first.factors)
        whole = head is not None and head.bare and head.word == "d" and root is not None and root.word in roots
    else:
        leaf = leaf_of(first)
        whole = leaf is not None and leaf.bare and leaf.word[:1] == "d" and leaf.word[1:] in roots
    others = (leaf for side in statement.sides[1:] for leaf in leaves_in(side))
    return whole and any(leaf.word == "d" or (leaf.word[:1] == "d" and len(leaf.word) > 1) for leaf in others)


def _is_of_program(leaf: Leaf) -> bool:
    """Whether a name is one of NumPy, or what it calls at an array: `np.sum`, `dZ.sum`."""
    _, dot, name = leaf.word.rpartition(".")
    return leaf.word != plain_name(leaf.word) or (bool(dot) and name in ("sum", "mean", "dot"))


def _letters_of_rows(leaves: Iterable[Leaf], symbols: Symbols) -> Iterator[str]:
    """The letters that with an index are transposed, so that the whole is a vector: u_kᵀ, where the model has a U."""
    for leaf in leaves:
        capital = symbols.tensors.get(leaf.word.upper())
        indexed = len(leaf.below) == 1 and letter_of(leaf.below[0]) is not None and not leaf.accents
        small = indexed and len(leaf.word) == 1 and leaf.word.islower() and any(map(is_transpose, leaf.above))
        if small and capital is not None and len(capital) == 2 and len(symbols.tensors.get(leaf.word, ())) == 1:
            yield leaf.word


def _is_operated(side: Node) -> bool:
    """Whether a statement is about δ before a tensor: `δy = ...`."""
    if not isinstance(side, Product) or len(side.factors) != 2:
        return False
    head, target = (leaf_of(part) for _, part in side.factors)
    return head is not None and target is not None and head.word == "delta" and head.bare


def _first(found: Iterable[tuple[str, Alias]]) -> dict[str, Alias]:
    """The first definition of each letter."""
    aliases: dict[str, Alias] = {}
    for letter, alias in found:
        aliases.setdefault(letter, alias)
    return aliases


def _bigs(node: Node) -> Iterator[Big]:
    if isinstance(node, Big):
        yield node
    for part in children(node):
        yield from _bigs(part)


# ------------------------------------------------------------------------------------------- gradients of activations


def _shows_outer(statement: Statement, tables: Sequence[Symbols], notation: Notation) -> bool:
    """Whether the δ of an activation is that of its pre-activation: `δo = ... ⊙ σ'(ō)`, `dΓ = ... Γ (1 - Γ)`.

    The slope of the activation itself stands on the right; or Wᵀ δo, where W belongs to the equation of the
    pre-activation and to that of no activation.
    """
    for symbols in tables:
        context = Context(statement.source, symbols, notation)
        rows = [part for side in statement.sides for part in walk(side) if isinstance(part, Product)]
        target = _operand(statement.sides[0], context)
        if target is not None:
            before = preactivation_of(target, context.symbols)
            slopes = {name for row in rows for name in _slopes(row, context)}
            if before is not None and (before in slopes or target in slopes):
                return True
        for row in rows:
            if any(_belongs_before(parameter, name, context) for parameter, name in _turned_products(row, context)):
                return True
    return False


def _operand(side: Node, context: Context) -> str | None:
    """The tensor X of a side that is δX, dX or δ_X."""
    match side:
        case Product(((_, head), (_, following))):
            leaf, target = leaf_of(head), leaf_of(following)
            if leaf is None or target is None or leaf.word not in ("delta", "d") or not leaf.bare:
                return None
        case _:
            leaf = leaf_of(side)
            target = None if leaf is None or leaf.word != "delta" or not leaf.below else leaf_of(leaf.below[0])
            if target is None or (target.bare and not target.accents):
                return None
    found = reference_of(target, context)
    return None if found is None else found.tensor


def _slopes(row: Product, context: Context) -> Iterator[str]:
    """The tensors z of f'(z) in a row of factors, and the activations a of a (1 - a)."""
    for (_, head), (joint, fence) in pairwise(row.factors):
        leaf = leaf_of(head)
        if joint == "" and leaf is not None and leaf.primes and isinstance(fence, Fence):
            argument = leaf_of(fence.body)
            found = None if argument is None else reference_of(argument, context)
            if found is not None:
                yield found.tensor
    for _, part in row.factors:
        match part:
            case Fence("(", SumOf(((_, Number(one)), ("-", inner)))) if one == 1:
                leaf = leaf_of(inner)
                found = None if leaf is None else reference_of(leaf, context)
                if found is not None and any(_is_of(other, found.tensor, context) for _, other in row.factors):
                    yield found.tensor


def _is_of(node: Node, tensor: str, context: Context) -> bool:
    leaf = leaf_of(node)
    found = None if leaf is None else reference_of(leaf, context)
    return found is not None and found.tensor == tensor


def _turned_products(row: Product, context: Context) -> Iterator[tuple[str, str]]:
    """The parameters W and tensors X of the products Wᵀ δX, δX Wᵀ and p ⊙ δX in a row."""
    for place, (_, part) in enumerate(row.factors[:-1]):
        leaf = leaf_of(part)
        parameter = None if leaf is None else reference_of(leaf, context)
        if parameter is None or context.symbols.roles.get(parameter.tensor) != "parameter":
            continue
        following = row.factors[place + 1][1]
        for side in (following, Product(row.factors[place + 1 : place + 3], row.span)):
            target = _operand(side, context)
            if target is not None:
                yield parameter.tensor, target
    for (_, part), (_, behind) in pairwise(row.factors):
        target, leaf = _operand(part, context), leaf_of(behind)
        parameter = None if leaf is None else reference_of(leaf, context)
        if target is not None and parameter is not None and context.symbols.roles.get(parameter.tensor) == "parameter":
            yield parameter.tensor, target


def _belongs_before(parameter: str, tensor: str, context: Context) -> bool:
    before = preactivation_of(tensor, context.symbols)
    reads = context.symbols.reads
    return before is not None and parameter in reads.get(before, ()) and parameter not in reads.get(tensor, ())


# ------------------------------------------------------------------------------------------------------ letters' roles


def _sample_letters(leaves: Iterable[Leaf], sums: Iterable[Big], tables: Sequence[Symbols]) -> Iterator[str]:
    """The letters that count samples: in a sum to their number, above a letter in brackets, below a scalar of data."""
    samples = tables[0].whole.samples
    if samples is not None:
        for big in sums:
            high = None if big.above is None else leaf_of(big.above)
            if high is not None and high.bare and high.word == str(samples.size):
                yield from _bound_letters(big)
        yield samples.index.name
    for leaf in leaves:
        yield from _samples_of(_without_sign(leaf), tables)


def _without_sign(leaf: Leaf) -> Leaf:
    """`dZ` as Z."""
    if leaf.word[:1] == "d" and len(leaf.word) > 1:
        return replace(leaf, word=leaf.word[1:])
    return leaf


def _bound_letters(big: Big) -> Iterator[str]:
    match big.below:
        case Relation((first, *_)):
            letter = letter_of(first)
            if letter is not None:
                yield letter


def _samples_of(leaf: Leaf, tables: Sequence[Symbols]) -> Iterator[str]:
    one, whole = tables[0], tables[-1]
    stem = leaf.word + "".join(leaf.accents)
    names = {one.spelled.get(key(stem)), *one.families.get(key(stem), {}).values(), whole.spelled.get(key(stem)),
             *whole.families.get(key(stem), {}).values()} - {None}  # fmt: skip
    computed = {name for name in names if one.roles.get(str(name)) not in ("parameter", "constant", None)}
    if not computed or computed & one.timed:
        return
    if whole.samples is not None and computed & whole.sampled:
        for mark in leaf.above:
            letter = letter_of(mark) if isinstance(mark, Fence) and mark.opening == "(" else None
            if letter not in (None, "l", "ell", "L"):
                yield letter
    tensor = one.spelled.get(key(stem))
    if tensor is not None and len(leaf.below) == 1 and not one.tensors[tensor]:
        letter = letter_of(leaf.below[0])
        known = letter is None or one.named(letter) is not None or one.spelled.get(key(stem + letter)) is not None
        if letter is not None and not known and letter not in ("t", "l"):
            yield letter


def _time_letters(leaves: Iterable[Leaf], symbols: Symbols) -> Iterator[str]:
    """The letters that count steps: those that stand beside themselves shifted at a tensor of the recurrence."""
    if not symbols.timed:
        return
    for leaf in leaves:
        tensor = symbols.spelled.get(key(_without_sign(leaf).word + "".join(leaf.accents)))
        for mark in (*leaf.above, *leaf.below):
            shift = shift_of(mark)
            if shift is not None and shift[1] and (tensor in symbols.timed or leaf.word in ("delta", "gamma")):
                yield shift[0]


def _is_step_above(leaf: Leaf, times: frozenset[str], symbols: Symbols) -> bool:
    """Whether a letter of a step stands above a tensor of the recurrence without brackets: h^{t-1}."""
    tensor = symbols.spelled.get(key(_without_sign(leaf).word + "".join(leaf.accents)))
    if tensor not in symbols.timed:
        return False
    shifts = [shift_of(mark) for mark in leaf.above if not isinstance(mark, Fence)]
    return any(shift is not None and shift[0] in times for shift in shifts)


def _base(sums: Sequence[Big], base: int, symbols: Symbols) -> int:
    """From where the note counts: 0 if a sum of it runs from 0 to n - 1, and none from 1."""
    lows = [big.below.operands[1] for big in sums if isinstance(big.below, Relation) and big.below.signs == ("=",)]
    numbers = {int(low.value) for low in lows if isinstance(low, Number)}
    return 0 if 0 in numbers and 1 not in numbers and _to_one_less(sums, symbols) else base


def _to_one_less(sums: Iterable[Big], symbols: Symbols) -> bool:
    r"""Whether the sums that begin with 0 end one before a size, or earlier by an unknown name, \(H - k\)."""
    ends = [
        big.above
        for big in sums
        if big.above is not None and isinstance(big.below, Relation) and isinstance(big.below.operands[-1], Number)
    ]
    return bool(ends) and all(_is_one_less(end) or _is_less_by_a_name(end, symbols) for end in ends)


def _is_one_less(end: Node) -> bool:
    shift = shift_of(end)
    return shift is not None and shift[1] == -1


def _is_less_by_a_name(end: Node, symbols: Symbols) -> bool:
    return isinstance(end, SumOf) and any(sign == "-" for sign, _ in end.terms) and unknown_in(end, symbols)


# ----------------------------------------------------------------------------------------------- letters of gradients


def _aliases(
    statements: Iterable[Statement], tables: Sequence[Symbols], notation: Notation
) -> Iterator[tuple[str, Alias]]:
    r"""The letters that stand for gradients because a statement says so: \(\delta^l_j = \partial C/\partial z^l_j\)."""
    for statement in statements:
        for leaf, side in _defining(statement):
            found = _derivative(side, statement, tables, notation)
            alias = None if found is None else _alias(leaf, *found, statement, tables, notation)
            if alias is not None:
                yield alias


def _defining(statement: Statement) -> Iterator[tuple[Leaf, Node]]:
    """The letters that a statement may define, each with what it is defined as.

    The letter stands first, or is set apart by its sign: `∂L/∂A =: dA`. In `∂C/∂b = δ` nothing is defined.
    """
    pairs = zip(statement.signs, statement.sides, statement.sides[1:], strict=False)
    for number, (sign, left, right) in enumerate(pairs):
        first, last = leaf_of(left), leaf_of(right)
        if first is not None and (number == 0 or sign in (":=", "≡")) and sign != "=:":
            yield first, right
        if last is not None and sign in ("=:", "≡"):
            yield last, left


def _derivative(
    side: Node, statement: Statement, tables: Sequence[Symbols], notation: Notation
) -> tuple[str, Leaf] | None:
    """The root and the variable of a side that is a derivative and nothing else."""
    for symbols in tables:
        context = Context(statement.source, symbols, notation)
        parts = _fraction(side)
        if parts is None:
            return None
        of, by = (_first_order(part, context) for part in parts)
        if of is None or by is None or len(by.operand) != 1 or not of.operand:
            continue
        root, leaf = root_of(of.operand, context), leaf_of(by.operand[0][1])
        root = root if root is not None else _sample_root(of.operand[0][1], context)
        if root is not None and leaf is not None:
            return root, leaf
    return None


def _first_order(node: Node, context: Context) -> Differential | None:
    """The differential that a node is; None for one of another order, which its own line refuses."""
    try:
        return differential(node, context)
    except NotationError:
        return None


def _sample_root(node: Node, context: Context) -> str | None:
    """The loss of one sample, with the letter of the sample below or above it."""
    leaf = leaf_of(node)
    marks = () if leaf is None else (*leaf.below, *leaf.above)
    if leaf is not None and marks and all(letter_of(mark) in context.notation.samples for mark in marks):
        return context.symbols.roots.get(leaf.word)
    return None


def _fraction(side: Node) -> tuple[Node, Node] | None:
    match side:
        case Quotient(above, below):
            return above, below
        case Product(((_, above), ("/", below))):
            return above, below
    return None


def _alias(
    leaf: Leaf, root: str, by: Leaf, statement: Statement, tables: Sequence[Symbols], notation: Notation
) -> tuple[str, Alias] | None:
    """The letter, with what of its marks is no mark of the variable as well, and the word of the variable."""
    written = statement.source.written
    shared = {written(mark.span) for mark in (*by.below, *by.above)}
    rest = [mark for mark in (*leaf.below, *leaf.above) if written(mark.span) not in shared]
    texts = [text_of(mark) for mark in rest]
    own = {written(mark.span) for mark in (*leaf.below, *leaf.above)}
    missing = [mark for mark in (*by.below, *by.above) if written(mark.span) not in own]
    if leaf.primes or not all(texts) or (missing and not all(text_of(mark) for mark in missing)):
        return None
    for symbols in tables:
        context = Context(statement.source, symbols, notation)
        if reference_of(leaf, context) is not None:
            return None
        if not looks_like_gradient(leaf) and leaf.word in symbols.roots:
            return None
        if leaf.word.startswith("d") and as_delta(leaf) is None and gradient_of(leaf, context) is not None:
            return None
    word = key(leaf.word + "".join(leaf.accents) + "".join(text for text in texts if text))
    target = by.word + "".join(by.accents) + "".join(text_of(mark) or "" for mark in missing)
    return word, Alias(target, "" if root == tables[0].model.root else root)


# ------------------------------------------------------------------------------------------------------------ in words


def _shown(letter: str) -> str:
    """A letter of the note with what belongs to its name: `gammat` as γ_t."""
    greek = next((name for name in GREEK if letter.startswith(name) and len(letter) > len(name)), None)
    return letter if greek is None else f"{GREEK[greek]}_{letter.removeprefix(greek)}"


def _said(notation: Notation, leaves: Iterable[Leaf], symbols: Symbols) -> Iterator[str]:
    """The decisions in words."""
    for letter, alias in notation.aliases.items():
        yield f"{_shown(letter)} is ∂{alias.root or symbols.whole.loss}/∂{alias.target}"
    if notation.superscript_times:
        yield "superscripts are steps"
    used = {shift[0] for leaf in leaves for mark in leaf.above if (shift := shift_of(mark)) is not None}
    if {letter for letter in used & notation.each_layer if symbols.tensor(letter) is None}:
        yield "superscripts are layers"
    if symbols.samples is not None and notation.samples & used:
        letters = ", ".join(sorted(notation.samples & used))
        yield f"{letters} counts the samples"
    if notation.delta_shift:
        yield "δ is numbered by layers of which the input is the first"
    if notation.outer_deltas:
        yield "the gradient of an activation is that of its pre-activation"
    if notation.numpy:
        yield "arrays are repeated along axes that are missing, as NumPy has it"
    if notation.matrix_powers:
        yield "powers of square matrices are products of matrices"
    for name in sorted(notation.from_zero):
        yield f"sums from 0 to {name} run over all of an axis"
    for name in sorted(notation.last_numbers):
        yield f"{name} is the number of the last entry, counted from 0"
    if notation.base == 0:
        yield "indices count from 0"


def _said_of_sums(statements: Iterable[Statement], notation: Notation, symbols: Symbols) -> Iterator[str]:
    """That sums to what the model has no name for run over all of an axis."""
    found: dict[str, None] = {}
    for statement in statements:
        known = notation.times.union(notation.samples, *map(index_letters, statement.sides))
        for big in (part for side in statement.sides for part in _bigs(side)):
            if big.above is not None and next(_bound_letters(big), None) and unknown_in(big.above, symbols, known):
                found.setdefault(statement.source.written(big.above.span))
    if found:
        yield f"sums to {', '.join(found)} run over all of an axis"


def _said_of_counts(statements: Iterable[Statement], notation: Notation, symbols: Symbols) -> Iterator[str]:
    """Which letters count the terms of their sums."""
    found: dict[str, str] = {}
    for statement in statements:
        found |= counts_of_terms(statement.sides, Context(statement.source, symbols, notation))
    for letter, size in found.items():
        yield f"{letter} is the number of terms of its sum, {size}"


def _said_of_outputs(statements: Iterable[Statement], notation: Notation, symbols: Symbols) -> Iterator[str]:
    """Which names with an argument are the output of the model."""
    found: dict[str, str] = {}
    for statement in statements:
        context = Context(statement.source, symbols, notation)
        for part in (part for side in statement.sides for part in walk(side) if isinstance(part, Quotient)):
            of, by = _first_order(part.above, context), _first_order(part.below, context)
            leaf = leaf_of(by.operand[0][1]) if by is not None and len(by.operand) == 1 else None
            variable = None if leaf is None else reference_of(leaf, context)
            output = output_of(of.operand, variable, context) if of is not None and of.operand and variable else None
            if of is not None and output is not None:
                found[statement.source.written(of.operand[0][1].span)] = output
    for name, output in found.items():
        yield f"{name} is {output}, what the model computes"
