"""A `.model` text to a `Model`: statements, then declarations, then equations in an order in which shapes are known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from sympy import Expr
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import substitute
from symbackprop.algebra.symbols import index, tensor_of
from symbackprop.errors import (
    DuplicateNameError,
    IndexRangeError,
    Location,
    LossError,
    NotationError,
    ShapeError,
    SymbackpropError,
)
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Samples, Tensor
from symbackprop.notation.reading.binders import bind, extent
from symbackprop.notation.reading.declarations import Declarations, declare
from symbackprop.notation.reading.dialect import lines_of
from symbackprop.notation.reading.layer_calls import is_layer, layer
from symbackprop.notation.reading.meaning import read
from symbackprop.notation.reading.reading_order import in_order
from symbackprop.notation.reading.scope import BoundIndex, Scope
from symbackprop.notation.reading.statements import (
    Declaration,
    EquationStatement,
    SamplesStatement,
    Statement,
    parse_statements,
)
from symbackprop.notation.reading.syntax import Call, names_in
from symbackprop.notation.reading.values import Value, described, entrywise, in_words, same_shape
from symbackprop.notation.source import Source, read_file, source_of
from symbackprop.notation.surface.tokens import Token


def load(path: str | Path) -> Model:
    """The model in a `.model` file, named after it.

    Raises:
        NotationError: the file or its text cannot be read.
        ModelError: the text is read, but means no model.
    """
    return _model(read_file(Path(path)), Path(path).stem)


def read_model(text: str, source: str = "<text>") -> Model:
    """The model that `text` writes; `source` names the text in messages.

    Raises:
        NotationError: the text cannot be read.
        ModelError: the text is read, but means no model.
    """
    return _model(source_of(text, source), "model")


def _model(source: Source, name: str) -> Model:
    lines = tuple(lines_of(source))
    statements = parse_statements(lines, source)
    if not statements:
        raise NotationError(
            f"{source.name} is empty",
            because="A model needs an input, an equation and a loss.",
            fix="Begin with: input x[n]",
        )
    declarations = declare(statements, source)
    found = _Equations(declarations)
    loss = _loss(statements, source)
    for statement in in_order(statements, declarations):
        _define(statement, found)
    cost = _cost(statements, loss, found)
    try:
        return Model(
            tensors=_in_file_order(statements, found),
            equations=tuple(found.equations),
            loss=loss.name.name,
            samples=declarations.samples,
            cost=cost,
            size_facts=tuple(declarations.size_facts),
            functions=declarations.functions,
            name=name,
        )
    except SymbackpropError as error:
        error.where = _read_place(error, statements, source) or error.where
        raise error.located(_place(error, lines, source)) from None


@dataclass(slots=True)
class _Equations:
    """Equations and the shapes of what they define, gathered one by one."""

    declarations: Declarations
    equations: list[Equation] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    defined: dict[str, list[Tensor]] = field(default_factory=dict)
    shapes: dict[str, tuple[Expr, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shapes.update(self.declarations.shapes)

    def add(self, owner: str, tensor: Tensor, equation: Equation | None) -> None:
        """A tensor that the statement of `owner` brings, with its equation unless it is a parameter."""
        self.defined.setdefault(owner, []).append(tensor)
        self.tensors[tensor.name] = tensor
        self.shapes[tensor.name] = tensor.shape
        if equation is not None:
            self.equations.append(equation)


# --------------------------------------------------------------------------------------------------------- equations


def _define(statement: EquationStatement, found: _Equations) -> None:
    """One equation of a sample, or the equations of a layer, to `found`."""
    right, scope = statement.right, found.declarations.scope(found.shapes)
    if isinstance(right, Call) and is_layer(right, scope):
        for tensor, equation in layer(statement, right, scope):
            _check_free(tensor, statement, found)
            found.add(statement.name.name, tensor, equation)
        return
    bound = _left_indices(statement, scope)
    scope = replace(scope, indices={b.name: b for b in bound})
    value = read(right, scope)
    declared = found.declarations.shapes.get(statement.name.name)
    array = _entries(statement, value, bound, declared, scope) if bound else _whole(statement, value, declared, scope)
    _check_loss(statement, array, scope)
    where = scope.source.locate(statement.name.span)
    role = "loss" if statement.role == "loss" else "intermediate"
    padded = _padded(array.expression, found.declarations)
    found.add(
        statement.name.name,
        Tensor(statement.name.name, array.shape, role, (), False, where),
        Equation(statement.name.name, array.indices, array.expression, padded, scope.source.locate(statement.span)),
    )


def _check_free(tensor: Tensor, statement: EquationStatement, found: _Equations) -> None:
    """The name of a layer's tensor is free."""
    owners, source = found.declarations.owners, found.declarations.source
    if tensor.name in owners and tensor.name != statement.name.name:
        kind, name = owners[tensor.name]
        raise DuplicateNameError(
            f"the layer {statement.name.name} makes {tensor.name}, which is {kind} already",
            where=source.locate(statement.name.span),
            because=f"Line {source.locate(name.span).line} has it.",
            fix="Take another name for one of them.",
            name=tensor.name,
        )


def _left_indices(statement: EquationStatement, scope: Scope) -> tuple[BoundIndex, ...]:
    found: list[BoundIndex] = []
    sizes = ",".join("nmpqrs"[: len(statement.indices)])
    for name in statement.indices:
        if any(other.name == name.name for other in found):
            raise DuplicateNameError(
                f"the index {name.name} stands twice on the left side",
                where=scope.source.locate(name.span),
                fix="Use two letters; for a diagonal write it on the right: w[i,i].",
                name=name.name,
            )
        inner = replace(scope, indices={b.name: b for b in found})
        found.append(bind(name, f"tensor {statement.name.name}[{sizes}]", inner))
    return tuple(found)


def _entries(
    statement: EquationStatement,
    value: Value,
    bound: tuple[BoundIndex, ...],
    declared: tuple[Expr, ...] | None,
    scope: Scope,
) -> Array:
    """`z[i] = ...`: the right side is a scalar in the indices of the left."""
    source = scope.source
    if value.rank:
        right = source.written(statement.right.span)
        raise ShapeError(
            f"the left side is one entry of {statement.name.name}, and {described(right, value)}",
            where=source.locate(statement.right.span),
            fix=f"Write entries on the right too, or {statement.name.name} without indices on the left.",
            name=statement.name.name,
        )
    if declared is not None and len(declared) != len(bound):
        raise ShapeError(
            f"{statement.name.name} is declared with {len(declared)} indices, here {len(bound)}",
            where=source.locate(statement.span),
            because=f"{statement.name.name} {in_words(declared)} as declared.",
            fix="Give the left side as many indices.",
            name=statement.name.name,
        )
    shape = tuple(extent(b, scope) for b in bound) if declared is None else declared
    indices = tuple(index(b.name) for b in bound)
    expression = substitute(value.expression, {b.symbol: i for b, i in zip(bound, indices, strict=True)})
    return Array(indices, shape, expression)


def _whole(statement: EquationStatement, value: Value, declared: tuple[Expr, ...] | None, scope: Scope) -> Array:
    """`z = ...`: the right side is an array of the shape of the left."""
    if declared is not None and not same_shape(declared, value.shape):
        right, name = scope.source.written(statement.right.span), statement.name.name
        raise ShapeError(
            f"{name} is declared with another shape",
            where=scope.source.locate(statement.right.span),
            because=f"{name} {in_words(declared)} as declared, {described(right, value)}.",
            fix="Change the declaration or the equation.",
            name=name,
        )
    return entrywise(lambda entry: entry, (value.array,), scope.taken)  # for indices i, j, ... in this order


def _check_loss(statement: EquationStatement, array: Array, scope: Scope) -> None:
    if statement.role == "loss" and array.shape:
        name = statement.name.name
        raise LossError(
            f"the loss {name} is no scalar: it {in_words(array.shape)}",
            where=scope.source.locate(statement.name.span),
            fix=f"Sum it: loss {name} = sum(...).",
            name=name,
        )


def _padded(expression: Expr, declarations: Declarations) -> tuple[str, ...]:
    read_here = {tensor_of(entry) for entry in expression.atoms(Indexed)}
    return tuple(name for name in declarations.padded if name in read_here)


# ------------------------------------------------------------------------------------------------------ loss and cost


def _loss(statements: tuple[Statement, ...], source: Source) -> EquationStatement:
    """The one loss of the text."""
    losses = [s for s in statements if isinstance(s, EquationStatement) and s.role == "loss"]
    if not losses:
        raise LossError(
            f"{source.name} has no loss",
            because="Gradients are of a loss, and no line begins with the word loss.",
            fix="Add one: loss L = squared_error(a, y)",
        )
    if len(losses) > 1:
        raise LossError(
            "there are two losses",
            where=source.locate(losses[1].name.span),
            because=f"Line {source.locate(losses[0].span).line} has one already.",
            fix="Add them up in one: loss L = L1 + L2.",
            name=losses[1].name.name,
        )
    return losses[0]


def _cost(statements: tuple[Statement, ...], loss: EquationStatement, found: _Equations) -> Equation | None:
    """The cost, in which the loss has an index over the samples."""
    costs = [s for s in statements if isinstance(s, EquationStatement) and s.role == "cost"]
    declarations, source = found.declarations, found.declarations.source
    if not costs:
        _refuse_lone_samples(statements, loss, source)
        return None
    statement = costs[-1]
    name, where = statement.name.name, source.locate(statement.name.span)
    if len(costs) > 1:
        raise LossError("there are two costs", where=where, fix="Add them up in one.", name=name)
    if declarations.samples is None:
        raise LossError(
            f"the cost {name} needs samples",
            where=where,
            because="A cost reads the loss of every sample, and no line says how many there are.",
            fix="Add a line: samples m in columns",
            name=name,
        )
    if statement.indices:
        raise LossError(
            f"the cost {name} is a scalar and has no index", where=where, fix=f"Write cost {name} = ...", name=name
        )
    scope = declarations.scope(_shapes_of_cost(statement, loss.name.name, declarations.samples, found))
    value = read(statement.right, scope)
    if value.rank:
        raise LossError(
            f"the cost {name} is no scalar: it {in_words(value.shape)}",
            where=where,
            fix=f"Take the mean or the sum over the samples: cost {name} = mean({loss.name.name}).",
            name=name,
        )
    return Equation(name, (), value.expression, (), source.locate(statement.span))


def _refuse_lone_samples(statements: tuple[Statement, ...], loss: EquationStatement, source: Source) -> None:
    for statement in statements:
        if isinstance(statement, SamplesStatement):
            raise LossError(
                "samples without a cost",
                where=source.locate(statement.span),
                because="What is differentiated over many samples is their cost.",
                fix=f"Add a line: cost J = mean({loss.name.name})",
                name=statement.size.name.name,
            )


def _shapes_of_cost(
    statement: EquationStatement, loss: str, samples: Samples, found: _Equations
) -> dict[str, tuple[Expr, ...]]:
    """What a cost may read: the loss of each sample, parameters and constants."""
    shared = {
        name: tensor.shape
        for name, tensor in (found.declarations.tensors | found.tensors).items()
        if tensor.role in ("parameter", "constant")
    }
    for name in names_in(statement.right):
        if name.name in found.shapes and name.name not in shared and name.name != loss:
            written = found.declarations.source.written(name.span)
            raise LossError(
                f"the cost cannot read {written}, which each sample has its own of",
                where=found.declarations.source.locate(name.span),
                because="A cost is made of the losses, of parameters and of constants.",
                fix=f"Put what is per sample into the loss {loss}.",
                name=written,
            )
    return {**shared, loss: (samples.size,)}


# ------------------------------------------------------------------------------------------------------------- places


def _in_file_order(statements: tuple[Statement, ...], found: _Equations) -> tuple[Tensor, ...]:
    """All tensors as their statements stand in the file; those of a layer where it stands."""
    ordered: list[Tensor] = []
    for statement in statements:
        if isinstance(statement, Declaration) and statement.role != "tensor":
            ordered.append(found.declarations.tensors[statement.name.name])
        elif isinstance(statement, EquationStatement) and statement.role != "cost":
            ordered.extend(found.defined[statement.name.name])
    return tuple(ordered)


def _read_place(error: SymbackpropError, statements: tuple[Statement, ...], source: Source) -> Location | None:
    """Where a tensor's own equation reads it, for a read out of range, which is no fault of the left side."""
    for statement in statements:
        if (
            isinstance(error, IndexRangeError)
            and isinstance(statement, EquationStatement)
            and statement.name.name == error.name
            and error.where == source.locate(statement.name.span)
        ):
            return next((source.locate(n.span) for n in names_in(statement.right) if n.name == error.name), None)
    return None


def _place(error: SymbackpropError, lines: tuple[tuple[Token, ...], ...], source: Source) -> Location | None:
    """Where the name that an error is about stands first."""
    for token in chain.from_iterable(lines):
        if token.kind == "word" and token.text == error.name:
            return source.locate(token.span)
    return None
