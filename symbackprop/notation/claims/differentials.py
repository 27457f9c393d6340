r"""Derivatives as people write them: \(\frac{\partial L}{\partial W}\), `dL/dW1`, \(\frac{d}{dz} a\), \(\nabla_W\)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from symbackprop.errors import NotationError
from symbackprop.notation.claims import functions
from symbackprop.notation.claims.context import Context
from symbackprop.notation.claims.dependence import at_arguments
from symbackprop.notation.claims.emission import Resolve, derivative, variable
from symbackprop.notation.claims.leaves import Leaf, leaf_of, letter_of
from symbackprop.notation.claims.neighbours import Row, fence_behind
from symbackprop.notation.claims.references import Reference, reference_of, through_of
from symbackprop.notation.reading import syntax
from symbackprop.notation.source import Span
from symbackprop.notation.surface.tree import Fence, Joint, Node, Number, Product, Quotient, Scripted, Word

_SIGNS = ("∂", "d", "delta", "D")


@dataclass(frozen=True, slots=True)
class Differential:
    """`∂x`, `dx` or a bare `∂`: what stands behind the sign, as the factors of a product; `sign` is the sign."""

    sign: str
    operand: Row
    span: Span


def differential(node: Node, context: Context) -> Differential | None:
    """The differential that a node is; None if it is none.

    Raises:
        NotationError: of another order than the first.
    """
    row = node.factors if isinstance(node, Product) else (("", node),)
    head, rest = row[0][1], row[1:]
    if isinstance(head, Product) and head.factors and (sign := _sign(head.factors[0][1], context)):
        return Differential(sign, _opened(head.factors[1:]) + rest, node.span)
    if isinstance(head, Fence) and head.opening in ("", "(") and not rest:
        return differential(head.body, context)
    sign = _sign(head, context)
    if sign and all(joint == "" for joint, _ in rest[:1]):
        return Differential(sign, _opened(rest), node.span)
    leaf = leaf_of(head)
    if leaf is not None and leaf.word[:1] == "d" and len(leaf.word) > 1 and not leaf.accents:
        inner = _without_d(head, context)
        if inner is not None:
            return Differential("d", (("", inner), *rest), node.span)
    return None


def _opened(row: Row) -> Row:
    """The row with a product of neighbours at its head, `W1 [i,j]`, as factors of its own."""
    if row and isinstance(row[0][1], Product) and all(joint == "" for joint, _ in row[0][1].factors):
        return row[0][1].factors + row[1:]
    return row


def _sign(node: Node, context: Context) -> str:
    """The sign that a node is: ∂, d, δ."""
    match node:
        case Word(text) if text in _SIGNS and (text == "∂" or context.symbols.tensor(text) is None):
            return text
        case Scripted(Word(text), (), (Number() | Word() as order,), 0) if text in ("∂", "d"):
            raise NotationError(
                "a claim's derivatives are of the first order",
                where=context.source.locate(node.span),
                fix="Write ∂L/∂W.",
                name=context.source.written(order.span),
            )
    return ""


def _without_d(node: Node, context: Context) -> Node | None:
    """`dW1` as W1, where that is a tensor, a root or a letter that may be one."""
    match node:
        case Word(text, span, font):
            rest = text.removeprefix("d_") if text.startswith("d_") else text[1:]
            return Word(rest, span, font) if rest else None
        case Scripted(base, below, above, primes, span):
            inner = _without_d(base, context)
            return None if inner is None else Scripted(inner, below, above, primes, span)
    return None


def quotient(
    above: Node, below: Node, span: Span, context: Context, resolve: Resolve
) -> syntax.Node | Reference | None:
    """What a fraction of differentials stands for; a `Reference` where nothing is differentiated yet: `∂/∂x`.

    None where it is no derivative.
    """
    by = differential(below, context)
    if by is None or not by.operand:
        return None
    of = differential(above, context)
    if of is None:
        return None
    if of.sign == "d" and by.sign == "d" and not _is_known(by.operand, context):
        return None
    target = _variable(by, context)
    if not of.operand:
        return target
    return derivative_of(of.operand, target, span, by, context, resolve)


def differentiated(row: Row, context: Context, resolve: Resolve) -> tuple[syntax.Node, int] | None:
    """`∂/∂x` with all that stands behind it in the row; a fraction of differentials with marks is left to others."""
    node = row[0][1]
    if not isinstance(node, Quotient):
        return None
    found = quotient(node.above, node.below, node.span, context, resolve)
    if not isinstance(found, Reference):
        return None if found is None else (found, 1)
    if len(row) == 1:
        return None
    span = node.span.to(row[-1][1].span)
    place = Differential("∂", (("", node),), node.span)
    operand = tuple(("" if at == 0 else joint, part) for at, (joint, part) in enumerate(row[1:]))
    return derivative_of(operand, found, span, place, context, resolve), len(row)


def _is_known(row: Row, context: Context) -> bool:
    leaf = leaf_of(row[0][1]) if len(row) == 1 else _indexed(row) if len(row) == 2 else None
    return leaf is not None and reference_of(leaf, context) is not None


def _variable(by: Differential, context: Context) -> Reference:
    """What is differentiated by.

    Raises:
        NotationError: it is no tensor and no entry of one.
    """
    leaf = leaf_of(by.operand[0][1]) if len(by.operand) == 1 else None
    if leaf is None and len(by.operand) == 2 and isinstance(by.operand[1][1], Fence):
        leaf = _indexed(by.operand)
    found = None if leaf is None else reference_of(leaf, context)
    if found is None:
        raise _no_variable(by.operand[0][1].span.to(by.operand[-1][1].span), context)
    return found


def _no_variable(span: Span, context: Context) -> NotationError:
    written = context.source.written(span)
    return NotationError(
        f"nothing is differentiated by {written}",
        where=context.source.locate(span),
        because="It is no tensor of the model and no entry of one.",
        fix="Write ∂L/∂W1, by a tensor of the model or one of its entries.",
        name=written,
    )


def _indexed(row: Row) -> Leaf | None:
    """`W1[i,j]` as a leaf with its indices below it."""
    leaf, fence = leaf_of(row[0][1]), row[1][1]
    if leaf is None or not isinstance(fence, Fence) or fence.opening != "[":
        return None
    return with_indices(leaf, fence)


def with_indices(leaf: Leaf, fence: Fence) -> Leaf:
    """A leaf with the indices in brackets behind it as marks below it."""
    inner = leaf_of(Scripted(Word(leaf.word, leaf.span), (fence.body,), (), 0, leaf.span))
    assert inner is not None
    return replace(leaf, below=(*leaf.below, *inner.below), span=leaf.span.to(fence.span))


def derivative_of(
    row: Sequence[tuple[Joint, Node]],
    by: Reference,
    span: Span,
    place: Differential,
    context: Context,
    resolve: Resolve,
) -> syntax.Node:
    """The derivative of what a row of factors stands for, by a tensor."""
    if by.power is not None:
        return _by_power(row, by, span, place, context, resolve)
    root = root_of(tuple(row), context) or _outer_function(row, by, context)
    if root is not None:
        return derivative(by, root, span, context, resolve)
    output = output_of(row, by, context)
    if output is not None:
        target = variable(by, place.span, context, resolve)
        return syntax.Partial(syntax.Name(output, row[0][1].span), target, span)
    node = row[0][1] if len(row) == 1 else Product(tuple(row), row[0][1].span.to(row[-1][1].span))
    of = resolve(_activated(node, context), context)
    target = variable(by, place.span, context, resolve)
    match of:
        case syntax.Name(name) | syntax.Subscript(syntax.Name(name)) if name in context.symbols.tensors:
            return syntax.Partial(of, target, span)
        case syntax.Call(_, (syntax.Name(argument),), _, order) if context.pointwise:
            if isinstance(target, syntax.Name) and target.name == argument:
                return replace(of, order=order + 1, span=span)
    return syntax.Slope(of, target, span)


def _outer_function(row: Sequence[tuple[Joint, Node]], by: Reference, context: Context) -> str | None:
    """The root y = f(g, h) in ∂f/∂g, where f is no name of the model and y reads g itself."""
    leaf = leaf_of(row[0][1]) if len(row) == 1 else None
    symbols = context.symbols
    if leaf is None or not leaf.bare or leaf.word not in ("f", "F", "phi") or symbols.tensor(leaf.word) is not None:
        return None
    known = leaf.word in symbols.sizes or leaf.word in symbols.model.functions or leaf.word in context.given
    return symbols.model.root if by.tensor in symbols.reads.get(symbols.model.root, ()) and not known else None


def output_of(row: Sequence[tuple[Joint, Node]], by: Reference, context: Context) -> str | None:
    r"""The output of the model in \(\partial \mathrm{BN}(x)/\partial x\): x is given, and nothing bears the name BN."""
    leaf, symbols = leaf_of(row[0][1]), context.symbols
    inner = leaf_of(row[1][1].body) if len(row) == 2 and isinstance(row[1][1], Fence) and row[1][0] == "" else None
    found = None if inner is None else reference_of(inner, context)
    if leaf is None or not leaf.bare or len(leaf.word) < 2 or found is None or found.tensor != by.tensor:
        return None
    known = leaf.word in context.given or leaf.word in symbols.sizes or reference_of(leaf, context) is not None
    if known or functions.known(leaf.word, context) or functions.may_be(leaf.word) or not symbols.is_given(by.tensor):
        return None
    return symbols.output if symbols.output is not None and symbols.depends(symbols.output, by.tensor) else None


def _activated(node: Node, context: Context) -> Node:
    """The tensor a = σ(z) for a σ that stands without its argument; other nodes as they are."""
    tensor = functions.applied_once(node.text, context) if isinstance(node, Word) else None
    return node if tensor is None else Word(tensor, node.span)


def _by_power(
    row: Sequence[tuple[Joint, Node]],
    by: Reference,
    span: Span,
    place: Differential,
    context: Context,
    resolve: Resolve,
) -> syntax.Node:
    r"""\(\partial L/\partial \sigma^2\): the derivative by σ over that of σ² by σ, which is 2σ.

    Raises:
        NotationError: another power than the square.
    """
    plain = replace(by, power=None)
    whole = derivative_of(row, plain, span, place, context, resolve)
    if not isinstance(by.power, Number) or by.power.value != 2:
        raise NotationError(
            f"nothing is differentiated by {context.source.written(place.span)}",
            where=context.source.locate(place.span),
            fix="Write a derivative by a tensor or an entry of one.",
        )
    two = syntax.Number(Fraction(2), place.span)
    slope = syntax.Product((("", two), ("*", variable(plain, place.span, context, resolve))), place.span)
    return syntax.Product((("", whole), ("/", slope)), span)


def by_way(node: Scripted, context: Context, resolve: Resolve) -> syntax.Node | None:
    r"""\(\frac{\partial v}{\partial u}_{\text{via } w}\): what comes to u by way of w alone; None for other marks."""
    if not isinstance(node.base, Quotient) or len(node.below) != 1 or node.above or node.primes:
        return None
    through = through_of(node.below[0], context)
    whole = None if through is None else quotient(node.base.above, node.base.below, node.span, context, resolve)
    if not isinstance(whole, syntax.Partial) or through is None:
        return None
    middle = syntax.Name(through, node.span)
    outer, inner = syntax.Partial(whole.of, middle, node.span), syntax.Partial(middle, whole.by, node.span)
    return syntax.Product((("", outer), ("", inner)), node.span)


def root_of(row: Row, context: Context) -> str | None:
    """The root that a row of factors is: `L`, `J(W, b)`, ℓ; None if it is something else, or one sample's loss."""
    leaf = leaf_of(row[0][1])
    arguments = len(row) == 2 and isinstance(row[1][1], Fence) and row[1][1].opening == "("
    if leaf is None or not (len(row) == 1 or arguments) or leaf.primes:
        return None
    if leaf.accents:
        found = reference_of(leaf, context)
        whole = found is not None and found.tensor in context.symbols.roots.values() and leaf.bare
        return found.tensor if found is not None and whole else None
    name = leaf.word
    if leaf.below or leaf.above:
        return _marked_root(leaf, context)
    if name in context.symbols.roots:
        return context.symbols.roots[name]
    return None


def _marked_root(leaf: Leaf, context: Context) -> str | None:
    r"""A root whose marks belong to its name, `E_{total}`, or say what it depends on, `L_\delta`."""
    found = reference_of(leaf, context)
    whole = found is not None and not any(found.places) and found.power is None
    if found is not None and whole and found.tensor in context.symbols.roots.values():
        return found.tensor
    if _is_of_one_step(leaf, context):
        return context.symbols.roots[leaf.word]
    named = leaf.word in context.symbols.roots and context.symbols.roots[leaf.word] == context.symbols.model.root
    marks = [leaf_of(mark) for mark in leaf.below]
    constants = [context.symbols.tensor(mark.word) if mark is not None and mark.bare else None for mark in marks]
    only = all(name is not None and context.symbols.roles.get(name) in ("constant", "parameter") for name in constants)
    return context.symbols.roots[leaf.word] if named and marks and only and not leaf.above else None


def _is_of_one_step(leaf: Leaf, context: Context) -> bool:
    r"""Whether \(J^{(t)}\) is the model's own loss: it is of what stands at one step, and t counts steps."""
    letters = [letter_of(mark) for mark in (*leaf.below, *leaf.above)]
    timed = len(letters) == 1 and letters[0] in context.notation.times and bool(context.symbols.timed)
    return (
        timed and context.symbols.roots.get(leaf.word) == context.symbols.model.root and context.symbols.is_of_one_step
    )


# --------------------------------------------------------------------------------------------------------------- nabla


def nabla(row: Row, context: Context, resolve: Resolve) -> tuple[syntax.Node, int] | None:
    r"""`\nabla_W J(W, b)`, `\nabla L(w)`, `\nabla_X`, with how many factors it takes; None for another row."""
    head = row[0][1]
    if isinstance(head, Product) and head.factors:
        inner = _sign_of_nabla(head.factors[0][1])
        if inner is not None:
            found = nabla((*head.factors, *row[1:]), context, resolve)
            return found and (found[0], max(1, found[1] - len(head.factors) + 1))
    leaf = _sign_of_nabla(head)
    if leaf is None:
        return None
    following = row[1:]
    if leaf.below:
        below = leaf_of(leaf.below[0]) if len(leaf.below) == 1 else None
        by = None if below is None else reference_of(below, context)
        if by is None:
            raise _no_variable(leaf.below[0].span, context)
        return _with_root(by, head.span, following, context, resolve)
    return _by_argument(head.span, following, context, resolve)


def _sign_of_nabla(node: Node) -> Leaf | None:
    leaf = leaf_of(node)
    if leaf is None or leaf.above:
        return None
    if leaf.word.startswith("nabla_"):
        return replace(leaf, word="∇", below=(Word(leaf.word.removeprefix("nabla_"), leaf.span), *leaf.below))
    if leaf.word == "∂" and leaf.below:
        return replace(leaf, word="∇")  # ∂_x f
    return leaf if leaf.word in ("∇", "nabla") else None


def _with_root(
    by: Reference, span: Span, following: Row, context: Context, resolve: Resolve
) -> tuple[syntax.Node, int]:
    """`∇_W` with the root behind it, if there is one."""
    if following and following[0][0] == "":
        expression = following[0][1]
        bracket = len(following) > 1 and isinstance(following[1][1], Fence) and following[1][1].opening == "("
        for count in (2, 1) if bracket else (1,):
            root = root_of(following[:count], context)
            if root is not None:
                whole = span.to(following[count - 1][1].span)
                return derivative(by, root, whole, context, resolve), 1 + count
        if isinstance(expression, Fence):
            of = resolve(expression, context)
            target = variable(by, span, context, resolve)
            return syntax.Slope(of, target, span.to(expression.span), gradient=True), 2
        operand = leaf_of(expression)
        taken = _applied_function(following, context)
        if taken:
            inner = Product(tuple(following[:taken]), expression.span.to(following[taken - 1][1].span))
            target = variable(by, span, context, resolve)
            return syntax.Slope(resolve(inner, context), target, span.to(inner.span), gradient=True), 1 + taken
        fence = fence_behind(following)
        if operand is not None and fence is not None and fence.opening == "(":
            at = at_arguments(operand, fence, context, resolve)
            if at is not None:
                return _slope(at, variable(by, span, context, resolve), span.to(fence.span)), 3
        of_ = None if operand is None else reference_of(operand, context)
        if of_ is not None and context.symbols.depends(of_.tensor, by.tensor):
            whole = span.to(expression.span)
            made = variable(of_, expression.span, context, resolve)
            return syntax.Partial(made, variable(by, span, context, resolve), whole), 2
    return derivative(by, "", span, context, resolve), 1


def _slope(of: syntax.Node, by: syntax.Node, span: Span) -> syntax.Node:
    """The derivative of what was read: of a tensor or an entry of one, or of a formula."""
    match of:
        case syntax.Name() | syntax.Subscript(syntax.Name()):
            return syntax.Partial(of, by, span)
    return syntax.Slope(of, by, span, gradient=True)


def _applied_function(row: Row, context: Context) -> int:
    """How many factors a function and its argument are, `log p`, `log f(x)`, at the begin of a row; 0 for others."""
    leaf = leaf_of(row[0][1])
    if leaf is None or functions.known(leaf.word, context) is None or len(row) < 2 or row[1][0] != "":
        return 0
    brackets = len(row) > 2 and row[2][0] == "" and isinstance(row[2][1], Fence) and row[2][1].tight
    return 3 if brackets and not isinstance(row[1][1], Fence) else 2


def _by_argument(span: Span, following: Row, context: Context, resolve: Resolve) -> tuple[syntax.Node, int]:
    """`∇L(w)`, `∇W1`: what is differentiated by stands behind."""
    if not following:
        raise _no_gradient(span, context)
    first = following[0][1]
    if len(following) > 1 and isinstance(following[1][1], Fence) and following[1][1].opening == "(":
        root = root_of(following[:2], context)
        variable_ = leaf_of(following[1][1].body)
        by = None if variable_ is None else reference_of(variable_, context)
        if root is not None and by is not None:
            return derivative(by, root, span.to(following[1][1].span), context, resolve), 3
    only = [name for name, role in context.symbols.roles.items() if role == "parameter"]
    if len(only) == 1 and (root := root_of(following[:1], context)) is not None:
        return derivative(Reference(only[0]), root, span.to(first.span), context, resolve), 2
    leaf = leaf_of(first)
    found = None if leaf is None else reference_of(leaf, context)
    if found is None or found.tensor in context.symbols.roots.values():
        raise _no_gradient(span.to(first.span), context)
    return derivative(found, "", span.to(first.span), context, resolve), 2


def _no_gradient(span: Span, context: Context) -> NotationError:
    written = context.source.written(span)
    return NotationError(
        f"it is not said by what {written} differentiates",
        where=context.source.locate(span),
        fix="Write it below: ∇_W L.",
        name=written,
    )


def primed_root(leaf: Leaf, argument: Node, span: Span, context: Context, resolve: Resolve) -> syntax.Node | None:
    """`C'(W_o)`, `ŷ'(Z_o)`: the derivative of a root or of a tensor by what stands in the brackets."""
    if leaf.primes != 1:
        return None
    inner = leaf_of(argument)
    by = None if inner is None else reference_of(inner, context)
    bare = replace(leaf, primes=0)
    if by is None or letter_of(argument) in context.bound:
        return None
    if bare.bare and bare.word in context.symbols.roots:
        return derivative(by, context.symbols.roots[bare.word], span, context, resolve)
    of = reference_of(bare, context)
    if of is None or of.tensor == by.tensor or not context.symbols.depends(of.tensor, by.tensor):
        return None
    target = variable(by, argument.span, context, resolve)
    applied = context.symbols.activations.get(by.tensor)
    if applied is not None and context.symbols.reads.get(of.tensor) == {by.tensor}:
        return syntax.Call(syntax.Name(applied, leaf.span), (target,), span, 1)  # a'(z) of a = f(z): entry by entry
    return syntax.Partial(variable(of, leaf.span, context, resolve), target, span)
