"""Names by themselves and with indices in brackets: indices, tensors, adjoints, sizes, the note's own, the identity."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from symbackprop.notation.claims import differentials
from symbackprop.notation.claims.adjoints import as_delta, gradient_of, kronecker, named_delta
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.emission import Resolve, at_index, derivative, value, variable
from symbackprop.notation.claims.leaves import (
    Leaf,
    as_node,
    as_scripted,
    divided_word,
    given_in,
    index_words,
    leaf_of,
    letter_of,
    shift_of,
)
from symbackprop.notation.claims.marks import power_of, with_marks
from symbackprop.notation.claims.neighbours import Row, is_indices
from symbackprop.notation.claims.references import layer_of, reference_of
from symbackprop.notation.claims.symbols import LEARNING_RATES, key
from symbackprop.notation.reading import syntax
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import Big, Fence, Listing, Node, Number, Product


def meaning_of(leaf: Leaf, context: Context, resolve: Resolve) -> syntax.Node | None:
    """A leaf by itself: an index, a tensor, an adjoint, a size, a number with a name; None if it is none of these."""
    if (numbered := _numbered(leaf)) in context.bound | context.free:
        return syntax.Name(str(numbered), leaf.span)
    if leaf.word + "prime" * leaf.primes in context.bound and not leaf.accents and not leaf.below:
        return _letter(leaf, context, resolve)
    given = given_in(leaf, context.given) if leaf.word not in context.bound else None
    if given is not None:
        name, rest = syntax.Name(given[0], leaf.span), given[1]
        return name if rest.bare else with_marks(name, as_scripted(rest), context, resolve)
    marks = kronecker(leaf)
    if (
        marks is not None
        and not _is_defined_of_entries(leaf, context)
        and (_are_indices(marks, context) or named_delta(leaf, context) is None)
    ):
        return delta_of(marks, leaf.span, context, resolve)
    turned = 0
    if leaf.primes:
        turned, leaf = leaf.primes, replace(leaf, primes=0)
    made = named(leaf, context, resolve)
    if made is None:
        return None
    for _ in range(turned):
        made = syntax.Transpose(made, leaf.span)
    return made


def _is_defined_of_entries(leaf: Leaf, context: Context) -> bool:
    """Whether the note has given δ to the gradients of entries with two indices at least: \\(\\delta_{ij}\\) is one."""
    alias = context.notation.aliases.get(key("delta"))
    tensor = None if alias is None else context.symbols.named(alias.target)
    return as_delta(leaf) is not None and tensor is not None and len(context.symbols.tensors[tensor]) > 1


def _numbered(leaf: Leaf) -> str | None:
    """The letter of an index that has a number below it: `i_1`."""
    plain = not (leaf.accents or leaf.above or leaf.primes) and len(leaf.below) == 1
    return leaf.word + leaf.below[0].written if plain and isinstance(leaf.below[0], Number) else None


def _are_indices(marks: tuple[Node, ...], context: Context) -> bool:
    """Whether all marks are indices of this statement: letters at whole entries or bound, and data that choose."""
    known = context.bound | set(context.sizes_of)
    return all(letter_of(mark) in known or _chooses(mark, context) for mark in marks)


def _chooses(mark: Node, context: Context) -> bool:
    """Whether a mark is data that serve as an index: `tok_t`."""
    leaf = leaf_of(mark)
    found = None if leaf is None else reference_of(leaf, context)
    return found is not None and found.tensor in context.symbols.integers


def delta_of(marks: tuple[Node, ...], span: Span, context: Context, resolve: Resolve) -> syntax.Node:
    """Kronecker's delta of two indices."""
    parts = tuple(resolve(part, context.binding(index_words(part))) for part in marks)
    return syntax.Call(syntax.Name("delta", span), parts, span)


def named(leaf: Leaf, context: Context, resolve: Resolve) -> syntax.Node | None:
    """What a leaf names that is neither a letter in scope nor a name that the note defined; None if nothing."""
    local = _local_of_names(leaf, context, resolve)
    if local is not None:
        return local
    by_note = (
        leaf.word in context.notation.aliases or key(leaf.word + "".join(leaf.accents)) in context.notation.aliases
    )
    found = None if by_note else reference_of(leaf, context)
    if found is not None:
        return value(found, leaf.span, context, resolve)
    gradient = gradient_of(leaf, context)
    if gradient is not None:
        return derivative(gradient.reference, gradient.root, leaf.span, context, resolve)
    if by_note and (found := reference_of(leaf, context)) is not None:
        return value(found, leaf.span, context, resolve)
    return _other(leaf, context, resolve)


def _local_of_names(leaf: Leaf, context: Context, resolve: Resolve) -> syntax.Node | None:
    """Of programs `da1_dz1`."""
    head, _, tail = leaf.word.partition("_d")
    if not tail or not head.startswith("d") or not leaf.bare:
        return None
    of, by = (reference_of(replace(leaf, word=word), context) for word in (head[1:], tail))
    if of is None or by is None or of.tensor in context.symbols.roots.values():
        return None
    return syntax.Partial(
        variable(of, leaf.span, context, resolve), variable(by, leaf.span, context, resolve), leaf.span
    )


def _letter(leaf: Leaf, context: Context, resolve: Resolve) -> syntax.Node:
    """An index in scope, with a power if need be."""
    node: syntax.Node = syntax.Name(leaf.word + "prime" * leaf.primes, leaf.span)
    for mark in leaf.above:
        node = syntax.Power(node, resolve(mark, context), leaf.span)
    return node


def _other(leaf: Leaf, context: Context, resolve: Resolve) -> syntax.Node | None:
    """A root, a size, π, a learning rate, the identity, an index that stands free."""
    if "_" in leaf.word and (divided := divided_word(leaf)) is not None and divided.word in LEARNING_RATES:
        leaf = divided
    word, symbols = leaf.word, context.symbols
    if leaf.accents:
        return None
    name: str | None = None
    if len(leaf.below) == 1 and isinstance(layer := layer_of(leaf.below[0], context), int):
        leaf = replace(leaf, below=(Number(Fraction(layer), str(layer), leaf.span),))
    spelled = word + "".join(
        text for mark in leaf.below if (text := getattr(mark, "text", getattr(mark, "written", None)))
    )
    root = differentials.root_of((("", as_node(leaf)),), context)
    is_index = (word in context.free or word in context.sizes_of) and word not in symbols.tensors
    if root is not None and root in symbols.tensors and not is_index:
        name, leaf = root, replace(leaf, above=())
    elif spelled in symbols.sizes or (leaf.below and key(spelled) in map(key, symbols.sizes)):
        name = next((size for size in symbols.sizes if key(size) == key(spelled)), spelled)
    elif spelled in context.named_sizes:
        name = context.named_sizes[spelled]
    elif leaf.below:
        return _rate_at_step(leaf, context)
    elif (
        word == "pi"
        or (word in LEARNING_RATES and symbols.tensor(word) is None and not any(map(_is_number_of_many, leaf.above)))
        or (word == "I" and not leaf.above)
        or word in context.sizes_of
        or word in context.free
    ):
        name = word
    if name is None:
        return None
    node: syntax.Node = syntax.Name(name, leaf.span)
    if name in context.notation.last_numbers:
        one = syntax.Number(Fraction(1), leaf.span)
        node = syntax.Addition((("+", node), ("-", one)), leaf.span)
    for mark in leaf.above:
        node = power_of(node, mark, leaf.span, context, resolve)
    return node


def _is_number_of_many(mark: Node) -> bool:
    r"""Whether a mark above is the number of a step, a layer or a sample: \(\gamma^{(k-1)}\) is no power."""
    return isinstance(mark, Fence) and mark.opening in ("(", "[", "⟨") and shift_of(mark) is not None


def _rate_at_step(leaf: Leaf, context: Context) -> syntax.Node | None:
    """A learning rate with the letter of the step below it, `η_t`; None for another name."""
    letters = {letter_of(mark) for mark in leaf.below}
    rate = leaf.word in LEARNING_RATES and context.symbols.tensor(leaf.word) is None and not leaf.above
    return syntax.Name(leaf.word, leaf.span) if rate and letters <= {*context.notation.times, "k", "n", "i"} else None


def means_tensor(leaf: Leaf, context: Context) -> bool:
    """Whether a name with brackets behind it is a tensor, an adjoint or a size, so that the brackets are a factor."""
    if leaf.primes:
        return False
    given = given_in(leaf, context.given) is not None
    known = leaf.word in context.symbols.sizes or given or leaf.word in context.bound
    return known or reference_of(leaf, context) is not None or gradient_of(leaf, context) is not None


def entry_of(row: Row, context: Context, resolve: Resolve) -> tuple[syntax.Node, int] | None:
    """`W1[i,j]`, `dz[t]`, `x[i]`."""
    leaf = leaf_of(row[0][1])
    if leaf is None or len(row) < 2 or not is_indices(row[1]):
        return None
    fence = row[1][1]
    assert isinstance(fence, Fence)
    items = fence.body.items if isinstance(fence.body, Listing) else (fence.body,)
    if len(items) == 1 and layer_of(items[0], context) is not None:
        made = meaning_of(replace(leaf, above=(*leaf.above, fence), span=leaf.span.to(fence.span)), context, resolve)
        if made is not None:
            return made, 2
    if all(not isinstance(item, Big | Product) for item in items):
        made = meaning_of(differentials.with_indices(leaf, fence), context, resolve)
        if made is not None:
            return made, 2
    whole = meaning_of(leaf, replace(context, sample=None), resolve)
    if whole is None:
        return None
    letters = tuple(word for item in items for word in index_words(item))
    indices = tuple(at_index(item, letters, context, resolve) for item in items)
    return syntax.Subscript(whole, indices, leaf.span.to(fence.span)), 2
