r"""Leaves to tensors: which tensor a letter with its marks names, and what each mark is there.

Every mark is consumed: as a part of the name (\(W_f\)), a layer (\(a^{[1]}\)), a step (\(h_{t-1}\)), a sample
(\(x^{(i)}\)), an index, a power, a transpose. A leaf with a mark that finds no place names nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product as combinations

from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.leaves import (
    Leaf,
    divided_word,
    is_letter,
    is_slice,
    is_transpose,
    leaf_of,
    letter_of,
    shift_of,
    text_of,
)
from symbackprop.notation.claims.stacks import Block, block_of
from symbackprop.notation.claims.symbols import EARLIER, LATER, Symbols, accented, key
from symbackprop.notation.claims.usual_names import usual
from symbackprop.notation.reading.values import same_size
from symbackprop.notation.surface.tree import Fence, Listing, Node, Number, Product, Slice, Text, Word

DROPPED = -1
"""The place of a mark that adds nothing."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A tensor with the place at each axis: an index as written, an implied `Sample`, or None for the whole axis.

    `power` is an exponent as written, `transposed` whether a T stands above, `through` the tensor by which a part
    of an adjoint comes, `block` what is meant of a stacked matrix.
    """

    tensor: str
    places: tuple[Node | Sample | None, ...] = ()
    power: Node | None = None
    transposed: bool = False
    through: str = ""
    block: Block | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The index of the sample that a sum around the leaf runs over."""

    letter: str


@dataclass(frozen=True, slots=True)
class _Named:
    """A tensor that a word and some of its marks name, and the marks that are left."""

    tensor: str
    below: tuple[Node, ...]
    above: tuple[Node, ...]


def reference_of(leaf: Leaf, context: Context) -> Reference | None:
    """What a leaf refers to: the first tensor that its name spells, all of whose other marks find a place."""
    for named in _named(leaf, context):
        found = _placed(named, context)
        if found is not None:
            return found
    for other in (divided_word(leaf), _with_row(leaf)):
        found = None if other is None else reference_of(other, context)
        if found is not None:
            return found
    return None


def _with_row(leaf: Leaf) -> Leaf | None:
    """A leaf with a product below it, `z_{1i}`, as a leaf with two marks; None where there is none."""
    if not any(isinstance(mark, Product) for mark in leaf.below):
        return None
    marks = [
        part for mark in leaf.below for part in ([p for _, p in mark.factors] if isinstance(mark, Product) else [mark])
    ]
    return replace(leaf, below=tuple(marks))


# ------------------------------------------------------------------------------------------------------------- the name


def _named(leaf: Leaf, context: Context) -> Iterator[_Named]:
    """The tensors that the leaf may name, those whose names take up more marks first."""
    for place, layer in _layers(leaf.above, context):
        rest = leaf.above[:place] + leaf.above[place + 1 :]
        yield from _of_layer(leaf, layer, leaf.below, rest, context)
    for place, layer in _layers_below(leaf.below, context):
        rest = leaf.below[:place] + leaf.below[place + 1 :]
        yield from _of_layer(leaf, layer, rest, leaf.above, context)
    yield from _of_owner(leaf, context)
    if leaf.word in context.notation.rows and len(leaf.below) == 1:
        yield _Named(leaf.word.upper(), leaf.below, leaf.above)
    yield from _summand(leaf, context)
    yield from _of_one_step(leaf, context)
    yield from _by_spelling(leaf, context)
    yield from _of_line(leaf, context)
    yield from _of_indices(leaf, context)
    yield from _variance(leaf, context)
    if is_prediction(leaf) and context.symbols.prediction is not None:
        yield _Named(context.symbols.prediction, leaf.below, leaf.above)
    other = usual(leaf, context.symbols)
    if other is not None:
        yield from _of_usual_name(other, context)


def _of_usual_name(leaf: Leaf, context: Context) -> Iterator[_Named]:
    """The tensors of a leaf whose word is the model's own, by its layer or by its spelling."""
    for place, layer in _layers(leaf.above, context):
        yield from _of_layer(leaf, layer, leaf.below, leaf.above[:place] + leaf.above[place + 1 :], context)
    yield from _of_one_step(leaf, context)
    yield from _by_spelling(leaf, context)


def _by_spelling(leaf: Leaf, context: Context) -> Iterator[_Named]:
    """The tensors whose names are the word with some of its marks."""
    for stem in _stems(leaf):
        for below, left in _name_parts(leaf.below):
            for place, above in [*enumerate(map(text_of, leaf.above)), (None, "")]:
                if above is None or (place is not None and is_transpose(leaf.above[place])):
                    continue
                if above.isdigit() and below[:1].isdigit() and context.symbols.named(stem, below) is not None:
                    continue  # the square of v_9 is no v_29
                rest = leaf.above if place is None else leaf.above[:place] + leaf.above[place + 1 :]
                for pieces in dict.fromkeys(((stem, below, above), (stem, above, below))):
                    tensor = context.symbols.named(*pieces)
                    if tensor is not None:
                        yield _Named(tensor, left, rest)


def is_prediction(leaf: Leaf) -> bool:
    """Whether a name that the model has not may stand for what the network says of the target: ŷ."""
    return (leaf.word in ("y", "Y") and leaf.accents == ("hat",)) or (
        leaf.word in ("yhat", "y_hat", "y_pred") and not leaf.accents
    )


def _summand(leaf: Leaf, context: Context) -> Iterator[_Named]:
    """L_t or L^t, where the loss L is the sum of the l[t]: its term at a step."""
    symbols = context.symbols
    other = symbols.tensors.keys() & {leaf.word.swapcase()}
    marks = [shift_of(mark) for mark in (*leaf.above, *leaf.below)]
    at_step = any(shift is not None and shift[0] in context.notation.times for shift in marks)
    at_step = at_step or any(isinstance(mark, Number) for mark in leaf.below)
    if len(leaf.word) == 1 and at_step and leaf.word in symbols.roots and other <= symbols.timed:
        for name in other:
            yield _Named(name, leaf.below, leaf.above)


def _name_parts(marks: tuple[Node, ...]) -> Iterator[tuple[str, tuple[Node, ...]]]:
    """What of the marks below may belong to the name, the most first, and the marks that are left.

    Of a mark of several letters the first ones may: of `z_{hi}` the h.
    """
    for count in range(len(marks), -1, -1):
        texts = [text_of(mark) for mark in marks[:count]]
        if all(texts):
            yield "_".join(text for text in texts if text), marks[count:]
    first = marks[0] if marks else None
    if isinstance(first, Word) and first.text.isalpha() and 1 < len(first.text) <= 3:
        for cut in range(len(first.text) - 1, 0, -1):
            letters = tuple(Word(letter, first.span) for letter in first.text[cut:])
            yield first.text[:cut], (*letters, *marks[1:])
    if not isinstance(first, Word):
        return
    stem, digits = _without_digits(first.text)
    if stem.isalpha() and digits:  # the first entry of net_o is net_{o1}
        yield stem, (Number(Fraction(digits), digits, first.span), *marks[1:])


def _of_owner(leaf: Leaf, context: Context) -> Iterator[_Named]:
    r"""The tensors of a layer with a name, which stands above or behind the subscript: \(W^{[o]}_q\), \(W_{q,o}\)."""
    owned = context.symbols.owned
    for stem in _stems(leaf) if owned else ():
        for place, mark in enumerate(leaf.above):
            owner = text_of(mark.body) if isinstance(mark, Fence) and mark.opening in ("[", "(") else None
            for part, left in _name_parts(leaf.below) if owner else ():
                tensor = owned.get((key(owner or ""), key(f"{stem}_{part}")))
                if tensor is not None:
                    yield _Named(tensor, left, leaf.above[:place] + leaf.above[place + 1 :])
        for count in range(len(leaf.below), 0, -1):
            *texts, owner = [text_of(mark) for mark in leaf.below[:count]]
            part = "_".join(text or "?" for text in texts)
            tensor = owned.get((key(owner or ""), key(f"{stem}_{part}")))
            if tensor is not None:
                yield _Named(tensor, leaf.below[count:], leaf.above)


def _of_line(leaf: Leaf, context: Context) -> Iterator[_Named]:
    """The tensor of a bare letter, `b` where the model has b1 and b2, in a line about one layer."""
    word, digits = _without_digits(leaf.word)
    layers, stem = context.symbols.layers, leaf.word[:-1]
    if leaf.word[-1:] == "L" and layers and stem in context.symbols.families:  # AL
        yield from _of_layer(replace(leaf, word=stem), layers[-1], leaf.below, leaf.above, context)
    head = leaf.word.removesuffix("_prev")
    if context.line_layer is not None and head != leaf.word and is_family(head, context.symbols):  # A_prev
        yield from _of_layer(replace(leaf, word=head), context.line_layer - 1, leaf.below, leaf.above, context)
    if digits:
        yield from _of_layer(replace(leaf, word=word), int(digits), leaf.below, leaf.above, context)
    elif (
        context.line_layer is not None
        and is_family(leaf.word, context.symbols)
        and not any(True for _ in _layers(leaf.above, context))
    ):
        yield from _of_layer(leaf, context.line_layer, leaf.below, leaf.above, context)


def is_family(word: str, symbols: Symbols) -> bool:
    """Whether a letter may stand for that of any layer: the model has it with two numbers at least, and not alone."""
    return len(symbols.families.get(word, ())) > 1 and symbols.named(word) is None


def _of_indices(leaf: Leaf, context: Context) -> Iterator[_Named]:
    """The one of a family of tensors that its indices tell, by what they run over: of w1 and w2 that with `w_{kj}`."""
    family = context.symbols.families.get(key(leaf.word + "".join(leaf.accents)), {})
    if len(family) < 2 or not leaf.below or leaf.primes:
        return
    fitting = [name for name in family.values() if _fit(leaf.below, name, context)]
    if len(fitting) == 1:
        yield _Named(fitting[0], leaf.below, leaf.above)


def _fit(marks: tuple[Node, ...], tensor: str, context: Context) -> bool:
    """Whether marks may be the indices of a tensor, one for each axis, as far as it is known what they run over."""
    shape = context.symbols.tensors[tensor]
    axis = context.symbols.sample_axis(tensor)
    shape = tuple(extent for at, extent in enumerate(shape) if at != axis)
    marks = tuple(_divided(list(marks), len(shape), context))
    extents = [context.extent(letter_of(mark)) for mark in marks]
    known = [(one, other) for one, other in zip(extents, shape, strict=False) if one is not None]
    return len(marks) == len(shape) and bool(known) and all(same_size(one, other) for one, other in known)


def _without_digits(word: str) -> tuple[str, str]:
    """`A0` as A and 0."""
    stem = word.rstrip("0123456789")
    return stem, word[len(stem) :]


def _variance(leaf: Leaf, context: Context) -> Iterator[_Named]:
    """σ² as the name of the variance, in a model that has one and no σ."""
    name = context.symbols.variance
    first = leaf.above[0] if leaf.above else None
    if name is not None and leaf.word == "sigma" and isinstance(first, Number) and first.value == 2:
        yield _Named(name, leaf.below, leaf.above[1:])


def _stems(leaf: Leaf) -> Iterator[str]:
    """The word with its accents as letters behind it: `y_hat`, `y_h`."""
    for accents in combinations(*(accented(accent) for accent in leaf.accents)):
        yield "_".join((leaf.word, *accents))


def _layers(marks: tuple[Node, ...], context: Context) -> Iterator[tuple[int, str | int]]:
    """The marks that may be a layer: its place, and the number, or "last" and "before" in a model without numbers."""
    for place, mark in enumerate(marks):
        fenced = isinstance(mark, Fence) and mark.opening in ("[", "(")
        inner = mark.body if isinstance(mark, Fence) and fenced else mark
        if isinstance(inner, Number) and inner.value.denominator == 1:
            yield place, int(inner.value)
        elif (number := layer_of(inner, context)) is not None:
            yield place, number


def _layers_below(marks: tuple[Node, ...], context: Context) -> Iterator[tuple[int, str | int]]:
    """The letters below that stand for a layer: `W_l`."""
    for place, mark in enumerate(marks):
        shift = shift_of(mark)
        if shift is not None and shift[0] in context.layers:
            yield place, context.layers[shift[0]] + shift[1]


def layer_of(mark: Node, context: Context) -> int | str | None:
    """The number of the layer that `l + 1`, `L` or `n_l` is; "last" or "before" in a model without numbers."""
    shift = shift_of(mark)
    if shift is None and isinstance(mark, Word) and mark.text in context.notation.last_layer:
        shift = mark.text, 0
    if shift is None and _is_count_of_layers(mark):
        shift = "nl", 0
    if shift is None:
        return None
    letter, change = shift
    if letter in context.layers:
        return context.layers[letter] + change
    if letter in context.notation.last_layer or (letter == "nl" and change == 0):
        layers = context.symbols.layers
        if layers:
            return layers[-1] + change
        return {0: "last", -1: "before"}.get(change)
    return None


def _is_count_of_layers(mark: Node) -> bool:
    """Whether a mark is n_l, the number of layers."""
    inner = leaf_of(mark)
    below = inner.below if inner is not None and inner.word == "n" and not inner.above else ()
    return len(below) == 1 and letter_of(below[0]) in ("l", "ell")


def _of_layer(
    leaf: Leaf, layer: int | str, below: tuple[Node, ...], above: tuple[Node, ...], context: Context
) -> Iterator[_Named]:
    """The tensors of that layer; of the layer before the first, the input of the network."""
    symbols = context.symbols
    for stem in _stems(leaf):
        for part, left in _name_parts(below):
            if isinstance(layer, int) and layer < 0:
                continue
            if isinstance(layer, int):
                own = (stem, str(layer), part)
                spellings: tuple[tuple[str, ...], ...] = ((stem, part, str(layer)), own)
                if part[:1].isdigit():  # w2_11 is no w1_12, and the square of v_9 no v_29
                    squared = any(isinstance(mark, Number) for mark in leaf.above)
                    spellings = () if squared and symbols.named(stem, part) is not None else (own,)
            else:
                spellings = ((stem, part),) if layer == "last" else ()
            for pieces in dict.fromkeys(spellings):
                tensor = symbols.named(*pieces)
                if tensor is not None:
                    yield _Named(tensor, left, above)
        if _is_input(stem, layer, context) and symbols.network_input is not None:
            yield _Named(symbols.network_input, below, above)


def _is_input(stem: str, layer: int | str, context: Context) -> bool:
    """Whether the layer before the first of a family of activations is meant: a^{l-1} for the first layer is x."""
    symbols = context.symbols
    if layer == "before":
        tensor = symbols.named(stem)
        return tensor is not None and symbols.roles.get(tensor) == "intermediate"
    family = symbols.families.get(key(stem), {})
    own = [n for n, name in family.items() if symbols.roles.get(name) == "intermediate"]
    return (
        isinstance(layer, int)
        and bool(own)
        and layer == min(own) - 1
        and not any(family[n] in symbols.preactivations for n in own)
    )


def _of_one_step(leaf: Leaf, context: Context) -> Iterator[_Named]:
    """In a model of one step, x_t is x and h_{t-1} the tensor called hp, h_prev or h0.

    That is where these are vectors, or the model shows that it is of one step.
    """
    if context.symbols.timed:
        return
    for marks, others, is_below in ((leaf.below, leaf.above, True), (leaf.above, leaf.below, False)):
        for place, mark in enumerate(marks):
            shift = shift_of(mark)
            if shift is None or shift[0] not in context.notation.times or abs(shift[1]) > 1:
                continue
            runs = {*context.bound, *context.sizes_of, *context.symbols.sizes}
            if shift[0] in runs or shift[0].upper() in runs:
                continue  # an index, of the axis of T entries
            rest = marks[:place] + marks[place + 1 :]
            below, above = (rest, others) if is_below else (others, rest)
            texts = [text_of(part) for part in below]
            part = "_".join(text for text in texts if text) if all(texts) else ""
            suffixes = {0: ("", "t"), -1: EARLIER, 1: LATER}[shift[1]]
            for stem in _stems(leaf):
                for suffix in suffixes:
                    for middle in dict.fromkeys((part, "")):
                        tensor = context.symbols.named(stem, middle, suffix)
                        if tensor is None or not (_is_vector(tensor, context) or context.symbols.is_one_step):
                            continue
                        yield _Named(tensor, () if middle else below, above)


def _is_vector(tensor: str, context: Context) -> bool:
    """Whether one sample of a tensor has one axis, those of one entry aside."""
    sample = context.symbols.sample_axis(tensor)
    return sum(size != 1 and axis != sample for axis, size in enumerate(context.symbols.tensors[tensor])) < 2


# ----------------------------------------------------------------------------------------------------------- the places


def _placed(named: _Named, context: Context) -> Reference | None:
    """The reference with every mark at its place; None if one finds none."""
    symbols, tensor = context.symbols, named.tensor
    rank = len(symbols.tensors[tensor])
    axis = symbols.sample_axis(tensor)
    places: list[Node | Sample | None] = [None] * rank
    taken: set[int] = set()
    power: Node | None = None
    transposed, through = False, ""
    block: Block | None = None
    for mark in named.above:
        if is_transpose(mark):
            transposed = True
            continue
        at = _axis_above(mark, tensor, axis, taken, context)
        if at == DROPPED:
            continue
        if at is not None:
            places[at] = _inner(mark)
            taken.add(at)
        elif _is_power(mark) and power is None:
            power = _inner(mark) if not isinstance(mark, Fence) else mark
        elif block is None and (block := _block(mark, tensor, symbols)) is not None:
            continue
        else:
            return None
    indices: list[Node] = []
    for mark in named.below:
        if isinstance(_parts_of(mark)[0], Text):
            through = through_of(mark, context) or ""
            if not through:
                return None
        elif _is_decoration(mark, context) or _is_dropped(letter_of(mark), tensor, context):
            continue
        else:
            indices.append(mark)
    filled = _filled(tensor, indices, places, taken, context)
    return None if filled is None else Reference(tensor, filled, power, transposed, through, block)


def _block(mark: Node, tensor: str, symbols: Symbols) -> Block | None:
    r"""The part of a stacked matrix that a letter in brackets above it tells: \(W^{(h)}\)."""
    letter = letter_of(mark) if isinstance(mark, Fence) and mark.opening == "(" else None
    learnt = symbols.roles.get(tensor) == "parameter" and len(symbols.tensors[tensor]) == 2
    return block_of(tensor, letter, symbols) if learnt and letter is not None else None


def _inner(mark: Node) -> Node:
    return mark.body if isinstance(mark, Fence) else mark


def _axis_above(mark: Node, tensor: str, axis: int | None, taken: set[int], context: Context) -> int | None:
    """The axis at which a mark above is an index: a sample's, a step's, or that of its size; None if at none."""
    symbols, notation = context.symbols, context.notation
    fence = mark.opening if isinstance(mark, Fence) else ""
    shift = shift_of(mark)
    number = isinstance(_inner(mark), Number)
    timed = tensor in symbols.timed
    time = (1 if axis == 0 else 0) if timed else None
    if shift is not None:
        letter = shift[0]
        if axis is not None and axis not in taken and letter in notation.samples:
            return axis
        if _is_dropped(letter, tensor, context) or is_at_depth(shift, tensor, context):
            return DROPPED
        if time is not None and time not in taken and (fence in ("(", "⟨", "[") or letter not in symbols.tensors):
            return time
        if axis is not None and axis not in taken and fence == "(":
            return axis
        if fence in ("(", "⟨") and letter in (*context.bound, *context.sizes_of):
            return _by_size(letter, tensor, taken, context)
    if number and fence in ("(", "⟨"):
        if time is not None and time not in taken:
            return time
        if axis is not None and axis not in taken:
            return axis
    if number and not fence and time is not None and time not in taken and notation.superscript_times:
        return time
    return None


def is_at_depth(shift: tuple[str, int], tensor: str, context: Context) -> bool:
    r"""Whether l + 1 is the layer in which a tensor lies, in a model that numbers none: \(w^{l+1}\), \(o^l\)."""
    depth = context.depths.get(shift[0])
    return depth is not None and depth + shift[1] == context.symbols.depths.get(tensor, 0)


def _is_dropped(letter: str | None, tensor: str, context: Context) -> bool:
    """Whether a letter adds nothing here: the sample in a model of one sample, the step at a parameter."""
    symbols, role = context.symbols, context.symbols.roles.get(tensor)
    if (tensor, letter) in context.notation.labels:
        return True
    if letter is None or letter in context.sizes_of:
        return False
    if symbols.whole.samples is None and letter in context.notation.samples and not symbols.tensors[tensor]:
        return role not in ("parameter", "constant")
    return bool(symbols.timed) and letter in context.notation.times and role == "parameter"


def _by_size(letter: str, tensor: str, taken: set[int], context: Context) -> int | None:
    """The one axis that is as long as the range of the letter."""
    extent = context.sizes_of.get(letter)
    shape = context.symbols.tensors[tensor]
    fitting = [
        at for at, size in enumerate(shape) if at not in taken and extent is not None and same_size(size, extent)
    ]
    if extent is None and len(shape) - len(taken) == 1:
        return next(at for at in range(len(shape)) if at not in taken)
    return fitting[0] if len(fitting) == 1 else None


def _is_power(mark: Node) -> bool:
    """Whether a mark above may be an exponent: a number, a formula; no letter in brackets."""
    if isinstance(mark, Fence):
        return mark.opening == "(" and not isinstance(mark.body, Number) and letter_of(mark.body) is None
    if isinstance(mark, Word):
        return is_letter(mark.text) and mark.text.isalpha() and mark.font != "upright"
    return not isinstance(mark, Text | Slice)


def through_of(mark: Node, context: Context) -> str | None:
    """The tensor of `via μ`."""
    words = " ".join(part.text for part in _parts_of(mark) if isinstance(part, Text | Word)).split()
    names = [context.symbols.tensor(word.strip("$\\")) for word in words if word not in ("via", "through", "by")]
    found = [name for name in names if name is not None]
    return found[0] if len(found) == 1 and words[0] in ("via", "through", "by") else None


def _parts_of(mark: Node) -> tuple[Node, ...]:
    """What stands side by side in a mark."""
    match mark:
        case Product(factors):
            return tuple(part for _, part in factors)
        case Listing(items) if items:
            return items
    return (mark,)


def _is_decoration(mark: Node, context: Context) -> bool:
    r"""Whether a mark below says nothing of the model: the \(\mathcal{B}\) of a mini-batch, the F of a norm."""
    return isinstance(mark, Word) and mark.font == "cal" and context.symbols.tensor(mark.text) is None


def _filled(
    tensor: str, marks: list[Node], places: list[Node | Sample | None], taken: set[int], context: Context
) -> tuple[Node | Sample | None, ...] | None:
    """The places with the indices below at the axes that are free, from left to right."""
    symbols = context.symbols
    shape, axis = symbols.tensors[tensor], symbols.sample_axis(tensor)
    marks = _divided(marks, len(shape) - len(taken), context)
    letters = [letter_of(mark) for mark in marks]
    if axis is not None and axis not in taken:
        own = [place for place, letter in enumerate(letters) if letter in context.notation.samples]
        if len(own) > 1:  # of two letters that count samples in a note, the one that stands where the axis does
            own = [place for place in own if place == (0 if axis == 0 else len(marks) - 1)]
        if len(own) == 1 and (len(marks) < len(shape) or own[0] == axis or len(shape) == 1):
            places[axis] = marks.pop(own[0])
            taken.add(axis)
        elif context.sample is not None and len(marks) < len(shape) - len(taken):
            places[axis] = Sample(context.sample)
            taken.add(axis)
    free = [at for at in range(len(shape)) if at not in taken]
    if not marks:
        return tuple(places)
    if len(marks) == len(free):
        chosen = free
    elif len(free) == 2 and len(marks) == 1 == sum(shape[at] != 1 for at in free):
        chosen = [at for at in free if shape[at] != 1]
        for at in free:
            if at not in chosen:
                places[at] = Number(Fraction(context.notation.base), str(context.notation.base), marks[0].span)
    elif len(marks) < len(free):
        found = _partly(marks, tensor, free, context)
        if found is None:
            return None
        chosen = found
    else:
        return None
    for at, mark in zip(chosen, marks, strict=True):
        places[at] = None if is_slice(mark) else mark
    return tuple(places)


def _divided(marks: list[Node], wanted: int, context: Context) -> list[Node]:
    """Marks with words of several letters and numbers of several digits divided, where more indices are wanted.

    The name of data that serve as an index is one.
    """
    found: list[Node] = []
    for mark in marks:
        whole = text_of(mark)
        if whole is not None and context.symbols.named(whole) in context.symbols.integers:
            found.append(mark)
        elif isinstance(mark, Word) and whole is not None and not is_letter(whole):
            found += [Word(letter, mark.span) for letter in whole]
        elif len(marks) < wanted and (pair := _letter_and_number(mark, context)) is not None:
            found += pair
        elif len(marks) == wanted and (unit := _number_of_unit(mark, context)) is not None:
            found.append(unit)
        elif isinstance(mark, Product) and len(mark.factors) == wanted > 1 and _is_row_of_marks(mark):
            found += [part for _, part in mark.factors]
        elif (
            isinstance(mark, Number) and mark.written.isdigit() and len(mark.written) == wanted > 1 and len(marks) == 1
        ):
            found += [Number(Fraction(digit), digit, mark.span) for digit in mark.written]
        else:
            found.append(mark)
    return found


def _letter_and_number(mark: Node, context: Context) -> tuple[Node, Node] | None:
    r"""The two indices of \(h_{i1}\), where i1 is no index in scope."""
    text = mark.text if isinstance(mark, Word) else ""
    letter, digits = text.rstrip("0123456789"), text[len(text.rstrip("0123456789")) :]
    if not digits or len(letter) != 1 or text in context.bound:
        return None
    return Word(letter, mark.span), Number(Fraction(digits), digits, mark.span)


def _number_of_unit(mark: Node, context: Context) -> Node | None:
    r"""The number in \(t_{o1}\), where the units of the layer o are those of \(net_o\)."""
    pair = _letter_and_number(mark, context)
    letter = pair[0].text if pair is not None and isinstance(pair[0], Word) else ""
    layer = any(len(name) > len(letter) and name.endswith(letter) for name in map(key, context.symbols.tensors))
    return pair[1] if pair is not None and layer and letter not in context.bound else None


def _is_row_of_marks(mark: Product) -> bool:
    r"""Whether a product may be marks side by side: the two indices of \(W_{1j}\)."""
    return all(joint == "" and isinstance(part, Number | Word) for joint, part in mark.factors)


def _partly(marks: list[Node], tensor: str, free: list[int], context: Context) -> list[int] | None:
    """The axes of fewer indices than there are: those as long as the letters' ranges, else the first ones."""
    symbols = context.symbols
    taken = {at for at in range(len(symbols.tensors[tensor])) if at not in free}
    chosen: list[int] = []
    for mark in marks:
        shift = shift_of(mark)
        at = None if shift is None else _by_size(shift[0], tensor, taken | set(chosen), context)
        chosen.append(-1 if at is None else at)
    if -1 not in chosen:
        return chosen
    sample = symbols.sample_axis(tensor)
    leading = [at for at in free if at != sample]
    if tensor in symbols.timed or len(marks) >= len(leading):
        return leading[: len(marks)]
    return leading[: len(marks)]
