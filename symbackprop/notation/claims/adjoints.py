r"""Letters of adjoints: `dW1`, `\delta^l_j`, `\bar W`, `grad_W`, and the letters that a note gives to gradients itself.

What looks like a gradient is one or is refused; it never becomes a name that the line defines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from symbackprop.errors import NotationError
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.gates import outer, preactivation_of
from symbackprop.notation.claims.leaves import Leaf, divided_word, is_letter, leaf_of, letter_of, shift_of, text_of
from symbackprop.notation.claims.references import Reference, is_at_depth, reference_of
from symbackprop.notation.claims.symbols import key, only
from symbackprop.notation.claims.usual_names import is_masked_later
from symbackprop.notation.surface.tree import Accent, Fence, Node, Number, Product, Scripted, Word, walk
from symbackprop.notation.writing.glyphs import GREEK

DELTA = "delta"
_PREFIXES = ("grad_", "nabla_", "g_", "d_", "∂", "d")
_SUFFIXES = ("_bar", ".grad", "_grad", "grad", "bar")
_DELTA = re.compile(r"delta_?(\w*)")
_QUOTIENT = re.compile(r"d_?(\w+?)_?_d_?(\w+)")


@dataclass(frozen=True, slots=True)
class Gradient:
    """The derivative of `root` ("" where the note leaves it open) by a reference."""

    reference: Reference
    root: str = ""


def gradient_of(leaf: Leaf, context: Context) -> Gradient | None:
    """The adjoint that a leaf names; None if it names none."""
    for found in (_by_note, _by_prefix, _by_bar, _by_variable_below):
        if (gradient := found(leaf, context)) is not None:
            return gradient
    delta = as_delta(leaf)
    if delta is not None:
        return by_delta(delta, context)
    divided = divided_word(leaf)
    return None if divided is None else gradient_of(divided, context)


def as_delta(leaf: Leaf) -> Leaf | None:
    """A leaf that is δ with its marks; `δ2`, `delta_o`, `δ1_k` with what is behind the letter as marks below."""
    match = _DELTA.fullmatch(leaf.word)
    if match is None or leaf.accents:
        return None
    marks: list[Node] = [
        Number(Fraction(part), part, leaf.span) if part.isdigit() else Word(part, leaf.span)
        for part in match[1].split("_")
        if part
    ]
    return replace(leaf, word=DELTA, below=(*marks, *leaf.below)) if marks else leaf


def looks_like_gradient(leaf: Leaf) -> bool:
    """Whether the letters are those of a gradient, known or not."""
    word = leaf.word
    if word in (DELTA, "Delta", "∇", "∂", "nabla") or "bar" in leaf.accents:
        return True
    if word.startswith(("d", "∂", "delta", "Delta", "grad", "nabla", "g_")) and len(word) > 1:
        rest = word[1:]
        if word[0] == "d" and rest in GREEK:
            return True
        return not word.startswith("d") or word.startswith(("delta",)) or not rest.islower() or len(rest) <= 2
    return word.endswith((".grad", "_bar", "_grad"))


def _by_note(leaf: Leaf, context: Context) -> Gradient | None:
    """The letters that the note has given to an adjoint: `g` after "let g = ∂L/∂y"."""
    above = text_of(leaf.above[0]) if len(leaf.above) == 1 else None
    if above is not None and not above.isdigit() and (named := _by_note(_with_name(leaf, above), context)) is not None:
        return named
    for count in range(len(leaf.below), -1, -1):
        texts = [text_of(mark) for mark in leaf.below[:count]]
        if not all(texts):
            continue
        spelling = key(leaf.word + "".join(leaf.accents) + "".join(text for text in texts if text))
        alias = context.notation.aliases.get(spelling)
        if alias is None:
            continue
        target = replace(leaf, word=alias.target, accents=(), below=leaf.below[count:], font="")
        found = reference_of(target, context)
        if found is not None:
            return Gradient(found, alias.root)
    return None


def _with_name(leaf: Leaf, part: str) -> Leaf:
    r"""The leaf with a word above it in its name: \(\delta^{out}\) as δout."""
    return replace(leaf, word=leaf.word + part, above=())


def _by_prefix(leaf: Leaf, context: Context) -> Gradient | None:
    """`dW1`, `grad_W1`, `∂W1`, and of programs `dL_dW1`."""
    if (named := _QUOTIENT.fullmatch(leaf.word)) and named[1] in context.symbols.roots:
        found = reference_of(replace(leaf, word=named[2]), context)
        if found is not None:
            return Gradient(found, context.symbols.roots[named[1]])
    for prefix in _PREFIXES:
        rest = leaf.word.removeprefix(prefix)
        if rest != leaf.word and rest and not is_masked_later(rest, context.symbols):
            found = reference_of(replace(leaf, word=rest), context)
            if found is not None and prefix == "d":
                _refuse_differential(leaf, context)
            if found is not None:
                return Gradient(outer(found, context) if prefix == "d" else found)
    return None


def _refuse_differential(leaf: Leaf, context: Context) -> None:
    """Raises an error for dX in a note of differentials."""
    if not context.notation.differentials:
        return
    written = context.source.written(leaf.span)
    raise NotationError(
        f"{written} is a differential here, and differentials are not judged",
        where=context.source.locate(leaf.span),
        fix="Write the gradient that follows: ∂L/∂W = ...",
        name=written,
    )


def _by_bar(leaf: Leaf, context: Context) -> Gradient | None:
    r"""`\bar W`, `W1_bar`, `W_bar1`, `W.grad`."""
    words = [leaf.word.removesuffix(suffix) for suffix in _SUFFIXES if leaf.word.endswith(suffix)]
    words += [leaf.word.replace(middle, "") for middle in ("_bar_", "_bar") if middle in leaf.word]
    if leaf.accents and leaf.accents[-1] == "bar":
        found = reference_of(replace(leaf, accents=leaf.accents[:-1]), context)
        return None if found is None else Gradient(found)
    for word in words:
        found = reference_of(replace(leaf, word=word), context) if word else None
        if found is not None:
            return Gradient(found)
    return None


def _by_variable_below(leaf: Leaf, context: Context) -> Gradient | None:
    """`f_u`, the derivative of the loss f by u; a constant below it says what it depends on, `L_δ`."""
    symbols, plain = context.symbols, not (leaf.above or leaf.primes or leaf.accents)
    below = leaf_of(leaf.below[0]) if plain and len(leaf.below) == 1 else None
    root = symbols.roots.get(leaf.word) if leaf.word in (symbols.model.root, symbols.whole.loss) else None
    if below is None or root is None or below.word in {*context.bound, *context.sizes_of}:
        return None
    if below.word in context.notation.samples | context.notation.times or not below.bare:
        return None
    found = reference_of(below, context)
    if found is None or symbols.roles.get(found.tensor) == "constant" or not symbols.depends(root, found.tensor):
        return None
    return Gradient(found, root)


# ----------------------------------------------------------------------------------------------------------------- δ


def by_delta(leaf: Leaf, context: Context) -> Gradient | None:
    """The adjoint that δ with its marks is: of the layer above it, the tensor below it, the one pre-activation."""
    for target in _targets(_of_layer_counted(leaf, context), context):
        found = reference_of(target, context)
        if found is not None:
            return Gradient(outer(found, context))
    return None


def _of_layer_counted(leaf: Leaf, context: Context) -> Leaf:
    """The leaf with the number of the model's layer, where the note counts the input as the first one."""
    shift = context.notation.delta_shift
    if not shift:
        return leaf

    def shifted(mark: Node) -> Node:
        inner = mark.body if isinstance(mark, Fence) else mark
        if not isinstance(inner, Number):
            return mark
        number = Number(inner.value + shift, str(inner.value + shift), inner.span)
        return replace(mark, body=number) if isinstance(mark, Fence) else number

    return replace(leaf, above=tuple(map(shifted, leaf.above)), below=(*map(shifted, leaf.below[:1]), *leaf.below[1:]))


def _targets(leaf: Leaf, context: Context) -> Iterator[Leaf]:
    """The leaves of tensors that δ with these marks may stand for, the likeliest first."""
    symbols = context.symbols
    for stem in _layered_preactivations(context):
        yield replace(leaf, word=stem)
    if any(name == "z" for _, name in symbols.owned):
        yield replace(leaf, word="z")
    yield from _by_parts(leaf, context)
    yield from _by_layer_in_words(leaf, context)
    if leaf.below:
        first = leaf.below[0]
        inner = leaf_of(first)
        if inner is not None and (
            not is_letter(inner.word) or inner.below or inner.accents or _is_tensor(inner, context)
        ):
            yield replace(inner, above=(*inner.above, *leaf.above), below=(*inner.below, *leaf.below[1:]))
    letter = letter_of(leaf.below[0]) if len(leaf.below) == 1 else None
    extent = context.extent(letter)
    if extent is not None:
        inner = (*symbols.preactivations, *symbols.affine_outputs)
        fitting = [name for name in inner if symbols.tensors[name][-1:] == (extent,)]
        if len(fitting) == 1:
            yield replace(leaf, word=fitting[0])
    yield from _at_depth(leaf, context)
    single = only(symbols.preactivations) or only(tuple(n for n in symbols.preactivations if n in ("z", "Z")))
    if single is not None:
        yield replace(leaf, word=single)


def _at_depth(leaf: Leaf, context: Context) -> Iterator[Leaf]:
    """The one tensor of the layer above δ that is no activation, in a model that numbers no layers."""
    shifts = [shift for mark in leaf.above if (shift := shift_of(mark)) is not None and shift[0] in context.depths]
    symbols, roots = context.symbols, context.symbols.roots.values()
    inner = {e.tensor for e in symbols.model.order}.union(symbols.activated.values()) - symbols.activated.keys()
    for shift in shifts[:1]:
        found = only(tuple(name for name in inner if name not in roots and is_at_depth(shift, name, context)))
        if found is not None:
            yield replace(leaf, word=found)


def _by_layer_in_words(leaf: Leaf, context: Context) -> Iterator[Leaf]:
    r"""\(\delta^{out}\), \(\delta_{hidden}\): the pre-activations of the output and of the one hidden layer."""
    symbols = context.symbols
    for marks, name in ((leaf.above, "above"), (leaf.below, "below")):
        word = text_of(marks[0]) if marks else None
        output = word in ("out", "output")
        if output or word in ("hid", "hidden"):
            target = symbols.logits
            if not output:
                target = only(tuple(z for z in symbols.preactivations if z != symbols.logits))
            if target is not None:
                yield replace(leaf, word=target, **{name: marks[1:]})


def named_delta(leaf: Leaf, context: Context) -> Gradient | None:
    """The adjoint that the note or a name's part gives to δ, whatever its indices; so Kronecker's δ is none."""
    found = _by_note(leaf, context)
    delta = as_delta(leaf)
    if found is not None or delta is None:
        return found
    for target in _by_parts(delta, context):
        reference = reference_of(target, context)
        if reference is not None:
            return Gradient(reference)
    return None


def _by_parts(leaf: Leaf, context: Context) -> Iterator[Leaf]:
    """The pre-activations whose names end with what stands below δ, or with its first letters."""
    for count in range(len(leaf.below), 0, -1):
        texts = [text_of(mark) for mark in leaf.below[:count]]
        if not all(texts):
            continue
        part = "_".join(text for text in texts if text)
        yield from _with_part(leaf, part, leaf.below[count:], context)
        accented = any(isinstance(mark, Accent) for mark in walk(leaf.below[0]))  # its name is no row of letters
        if count == 1 and not accented and len(part) > 1 and part.isalpha():
            for cut in range(len(part) - 1, 0, -1):
                rest = tuple(Word(letter, leaf.below[0].span) for letter in part[cut:])
                for target in _with_part(leaf, part[:cut], (*rest, *leaf.below[1:]), context):
                    if not _is_of_another(target, leaf.below[0], context):
                        yield target


def _is_of_another(target: Leaf, mark: Node, context: Context) -> bool:
    r"""Whether \(h_t\) below δ is a tensor that is computed, and a_h not what it is an activation of."""
    inner = leaf_of(mark) if isinstance(mark, Scripted) else None
    return inner is not None and _is_tensor(inner, context) and (
        preactivation_of(inner.word, context.symbols) != target.word
    )  # fmt: skip


def _layered_preactivations(context: Context) -> Iterator[str]:
    """The letters of pre-activations that are numbered by layers: z, whose z1, z2 are."""
    symbols = context.symbols
    for stem, family in symbols.families.items():
        own = [name for name in family.values() if symbols.roles.get(name) == "intermediate"]
        if own and len(own) == len(family) and (stem in ("z", "Z") or all(n in symbols.preactivations for n in own)):
            yield stem


def _with_part(leaf: Leaf, part: str, rest: tuple[Node, ...], context: Context) -> Iterator[Leaf]:
    """The pre-activation whose name ends with what stands below δ: δ_o of `Z_o`, δ_{h1} of `net_h1`."""
    symbols = context.symbols
    for pool in (symbols.preactivations, tuple(e.tensor for e in symbols.model.order)):
        own = {name: key(name.rpartition(".")[2]) for name in pool}
        fitting = [name for name in pool if own[name].endswith(key(part)) and len(own[name]) > len(key(part))]
        if len(fitting) == 1:
            yield replace(leaf, word=fitting[0], below=rest)
            return


def _is_tensor(leaf: Leaf, context: Context) -> bool:
    """Whether a letter below δ is a tensor that is computed, and no index."""
    tensor = leaf.word if leaf.word in context.symbols.tensors else None
    bound = leaf.word in context.bound or leaf.word in context.sizes_of
    return tensor is not None and not bound and context.symbols.roles.get(tensor) == "intermediate"


def operated(head: Node, following: Node, context: Context) -> Leaf | None:
    r"""The leaf behind a `d`, `δ` or `Δ` that stands before it as an operator: `d\Gamma_o`, `\delta\mathbf{y}^t`."""
    inner = leaf_of(head)
    target = leaf_of(following)
    if inner is None or target is None or not inner.bare or inner.accents or inner.word not in ("d", DELTA, "Delta"):
        return None
    if inner.word == DELTA and not context.notation.delta_operates:
        return None
    if inner.word == "d" and context.symbols.tensor("d") is not None:
        return None
    if inner.word == "d" and reference_of(target, context) is not None:
        _refuse_differential(replace(target, span=inner.span.to(target.span)), context)
    return target


def kronecker(leaf: Leaf) -> tuple[Node, ...] | None:
    """The two indices of a δ that is Kronecker's: `δ_ij`, `δ_{i j}`; None for another δ."""
    delta = as_delta(leaf)
    if delta is None or delta.above:
        return None
    marks = [part for mark in delta.below for part in _letters(mark)]
    return tuple(marks) if len(marks) == 2 and not all(isinstance(mark, Number) for mark in marks) else None


def _letters(mark: Node) -> tuple[Node, ...]:
    match mark:
        case Word(text, span) if not is_letter(text) and text.isalpha() and len(text) == 2:
            return tuple(Word(letter, span) for letter in text)
        case Fence(_, body):
            return _letters(body)
        case Product(factors):
            return tuple(letter for _, part in factors for letter in _letters(part))
    return (mark,)
