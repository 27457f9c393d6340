"""The declarations of a model file to a symbol table: sizes, tensors, functions, samples, paddings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from sympy import Expr

from symbackprop.algebra.space import Fact, FactKind, ScalarFunction
from symbackprop.algebra.symbols import Apply, index, size
from symbackprop.errors import (
    DuplicateNameError,
    LimitError,
    ModelError,
    NotationError,
    ShapeError,
    SymbackpropError,
    UnknownNameError,
    suggestion,
)
from symbackprop.model.functions import FUNCTIONS, custom
from symbackprop.model.layers.catalogue import LAYERS
from symbackprop.model.records import Role, Samples, Side, Tensor
from symbackprop.model.words import bracketed
from symbackprop.notation.reading.calls import ALIASES, KNOWN
from symbackprop.notation.reading.index_formulas import size_of
from symbackprop.notation.reading.meaning import read
from symbackprop.notation.reading.scope import Scope
from symbackprop.notation.reading.statements import (
    Declaration,
    EquationStatement,
    FunctionStatement,
    Pad,
    SamplesStatement,
    SizeFact,
    SizeStatement,
    Statement,
)
from symbackprop.notation.reading.syntax import Name, Node, names_in
from symbackprop.notation.source import Source

MAX_NESTING = 3

_KINDS = {"input": "an input", "target": "a target", "constant": "a constant", "parameter": "a parameter"}


@dataclass(slots=True)
class Declarations:
    """What the declarations of one text say, gathered statement by statement."""

    source: Source
    sizes: dict[str, Expr] = field(default_factory=dict)
    size_facts: list[Expr] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    shapes: dict[str, tuple[Expr, ...]] = field(default_factory=dict)
    functions: dict[str, ScalarFunction] = field(default_factory=dict)
    samples: Samples | None = None
    padded: dict[str, Name] = field(default_factory=dict)
    owners: dict[str, tuple[str, Name]] = field(default_factory=dict)

    def scope(self, shapes: dict[str, tuple[Expr, ...]] | None = None) -> Scope:
        """Names as they stand now, with no index."""
        shapes = self.shapes if shapes is None else shapes
        integers = frozenset(name for name, tensor in self.tensors.items() if tensor.integer)
        functions = {**FUNCTIONS, **self.functions}
        return Scope(self.source, self.sizes, shapes, functions, {}, KNOWN | frozenset(LAYERS), integers)

    def own(self, name: Name, kind: str) -> None:
        """`name` is declared here, as `kind`, and nowhere else."""
        written = self.source.written(name.span)
        where = self.source.locate(name.span)
        if name.name in self.owners:
            other, first = self.owners[name.name]
            line = self.source.locate(first.span).line
            defined = other == "defined"
            raise DuplicateNameError(
                f"{written} is {other} already",
                where=where,
                because=f"Line {line} defines it." if defined else f"Line {line} makes it {other}.",
                fix="Take another name, or remove one of the two.",
                name=written,
            )
        if name.name in (KNOWN | frozenset(LAYERS)) - frozenset(ALIASES):
            raise DuplicateNameError(
                f"{written} is a function and cannot name {kind}",
                where=where,
                fix="Take another name.",
                name=written,
            )
        self.owners[name.name] = (kind, name)


def declare(statements: Iterable[Statement], source: Source) -> Declarations:
    """The symbol table of a text. Declarations may stand anywhere; a size's value reads sizes of lines before it.

    Raises:
        DuplicateNameError: one name for two things.
        UnknownNameError: a size or a padded tensor that nothing declares.
        ShapeError: a size below 1.
        NotationError: a fact that the tensor cannot have.
    """
    found = Declarations(source)
    statements = tuple(statements)
    for statement in statements:
        if isinstance(statement, SizeStatement):
            _add_size(statement, found)
        elif isinstance(statement, SamplesStatement):
            _add_samples(statement, found)
    for statement in statements:
        if isinstance(statement, SizeFact):
            _add_size_fact(statement, found)
    for statement in statements:
        if isinstance(statement, Declaration):
            _add_tensor(statement, found)
        elif isinstance(statement, EquationStatement):
            _add_equation(statement, found)
    _check_tensor_lines(statements, found)
    for statement in statements:
        if isinstance(statement, FunctionStatement):
            _add_function(statement, found)
    for statement in statements:
        if isinstance(statement, Pad):
            _add_pad(statement, found)
    return found


def _add_size(statement: SizeStatement, found: Declarations) -> None:
    found.own(statement.name, "a size")
    value = size(statement.name.name) if statement.value is None else _size(statement.value, found)
    found.sizes[statement.name.name] = value


def _size(node: Node, found: Declarations) -> Expr:
    value = size_of(node, found.scope())
    if value.is_number and value < 1:
        written = found.source.written(node.span)
        raise ShapeError(
            f"the size {written} is below 1",
            where=found.source.locate(node.span),
            fix="A size is a whole number of at least 1.",
            name=written,
        )
    return value


def _add_samples(statement: SamplesStatement, found: Declarations) -> None:
    where = found.source.locate(statement.span)
    if found.samples is not None:
        raise DuplicateNameError(
            "samples are declared twice",
            where=where,
            fix="Remove one of the two lines.",
            name=statement.size.name.name,
        )
    if statement.size.name.name not in found.sizes or statement.size.value is not None:
        _add_size(statement.size, found)
    found.samples = Samples(found.sizes[statement.size.name.name], cast(Side, statement.side), index("s"))


def _add_size_fact(statement: SizeFact, found: Declarations) -> None:
    for name in names_in(statement.relation):
        if name.name not in found.sizes:
            _add_size(SizeStatement(name, None, name.span), found)
    operands = [size_of(part, found.scope()) for part in statement.relation.operands]
    for sign, left, right in zip(statement.relation.signs, operands, operands[1:], strict=False):
        found.size_facts.extend(_facts(sign, left, right, statement, found.source))


def _facts(sign: str, left: Expr, right: Expr, statement: SizeFact, source: Source) -> list[Expr]:
    """Expressions that are at least 0."""
    differences = {">=": left - right, "<=": right - left, ">": left - right - 1, "<": right - left - 1}
    if sign not in differences:
        raise NotationError(
            f"{source.written(statement.span)} is no fact about sizes",
            where=source.locate(statement.span),
            fix="Write size N >= K; for equal sizes use one name, or size N = 2 K.",
            name=source.written(statement.span),
        )
    fact = differences[sign]
    if fact.is_number and fact < 0:
        written = source.written(statement.span)
        raise ModelError(
            f"{written} is false",
            where=source.locate(statement.span),
            fix="Remove it, or correct the numbers.",
            name=written,
        )
    return [] if fact.is_number else [fact]


def _add_tensor(statement: Declaration, found: Declarations) -> None:
    name = statement.name.name
    shape = tuple(_size(part, found) for part in statement.shape)
    if statement.role == "tensor":
        found.shapes[name] = shape
        return
    found.own(statement.name, _KINDS[statement.role])
    facts = tuple(_fact(fact, statement, shape, found) for fact in statement.facts if fact.name != "integer")
    whole = next((fact for fact in statement.facts if fact.name == "integer"), None)
    if whole is not None and statement.role == "parameter":
        raise NotationError(
            f"the parameter {name} cannot be integer",
            where=found.source.locate(whole.span),
            because="A parameter is learned in small steps; what chooses an entry is given.",
            fix=f"Declare it as data, input {name}{bracketed(shape)} integer, or as a constant that all samples share.",
            name=name,
        )
    where = found.source.locate(statement.name.span)
    found.tensors[name] = Tensor(name, shape, cast(Role, statement.role), facts, whole is not None, where)
    found.shapes[name] = shape


def _fact(fact: Name, statement: Declaration, shape: tuple[Expr, ...], found: Declarations) -> Fact:
    name = statement.name.name
    if fact.name in ("positive", "binary"):
        return Fact(name, cast(FactKind, fact.name))
    if not shape:
        raise NotationError(
            f"the scalar {name} cannot be {fact.name}",
            where=found.source.locate(fact.span),
            fix=f"Give it a shape, {name}[K] {fact.name}, or make it binary or positive.",
            name=fact.name,
        )
    return Fact(name, cast(FactKind, fact.name), len(shape) - 1)


def _add_equation(statement: EquationStatement, found: Declarations) -> None:
    kind = {"loss": "the loss", "cost": "the cost"}.get(statement.role, "defined")
    found.own(statement.name, kind)


def _check_tensor_lines(statements: Iterable[Statement], found: Declarations) -> None:
    """Each `tensor` line is the only one for its tensor, and an equation defines it."""
    lines: dict[str, int] = {}
    for statement in statements:
        if not isinstance(statement, Declaration) or statement.role != "tensor":
            continue
        name, where = statement.name.name, found.source.locate(statement.name.span)
        if name in lines:
            raise DuplicateNameError(
                f"{name} has a shape already",
                where=where,
                because=f"Line {lines[name]} declares it.",
                fix="Remove one of the two.",
                name=name,
            )
        lines[name] = where.line
        kind = found.owners[name][0] if name in found.owners else None
        if kind not in ("defined", "the loss"):
            raise UnknownNameError(
                f"nothing defines {name}" if kind is None else f"{name} is {kind}, which no equation defines",
                where=where,
                because="A tensor line gives the shape of what an equation defines.",
                fix=f"Add an equation {name}[...] = ..., or declare {name} as input or parameter alone.",
                name=name,
            )


def _add_function(statement: FunctionStatement, found: Declarations) -> None:
    found.own(statement.name, "a function")
    name, variable = statement.name.name, statement.variable
    if statement.body is None:
        found.functions[name] = custom(name, variable.name, None)
        return
    for read_name in names_in(statement.body):
        if read_name.name in (found.sizes | found.shapes | found.tensors) and read_name.name != variable.name:
            raise UnknownNameError(
                f"the function {name} cannot read {read_name.name}",
                where=found.source.locate(read_name.span),
                because=f"Its formula reads its variable {variable.name} alone.",
                fix="Write the formula into an equation instead.",
                name=read_name.name,
            )
    known = found.scope()
    alone = Scope(found.source, {}, {variable.name: ()}, known.functions, {}, known.callables)
    value = read(statement.body, alone)
    if value.rank:
        raise ShapeError(
            f"the formula of {name} is no scalar",
            where=found.source.locate(statement.span),
            fix="A function is of one number and gives one number.",
            name=name,
        )
    if _nesting(value.expression) > MAX_NESTING:
        raise LimitError(
            f"the formula of {name} nests more than {MAX_NESTING} functions",
            where=found.source.locate(statement.body.span),
            fix="Make it simpler: its functions are written out in full.",
            name=name,
        )
    try:
        found.functions[name] = custom(name, variable.name, value.expression)
    except SymbackpropError as error:
        raise error.located(found.source.locate(statement.body.span)) from None


def _nesting(expression: Expr) -> int:
    """How deep functions by name stand in each other."""
    inner = max((_nesting(part) for part in expression.args if isinstance(part, Expr)), default=0)
    return inner + isinstance(expression, Apply)


def _add_pad(statement: Pad, found: Declarations) -> None:
    name = statement.name
    if name.name not in found.owners:
        raise UnknownNameError(
            f"unknown tensor {name.name}",
            where=found.source.locate(name.span),
            fix=suggestion(name.name, found.owners) or "Name a tensor of the model.",
            name=name.name,
        )
    kind = found.owners[name.name][0]
    if kind in ("a size", "a function", "the cost"):
        raise NotationError(
            f"{name.name} is {kind} and cannot be padded",
            where=found.source.locate(name.span),
            fix="Name a tensor that is read outside its range.",
            name=name.name,
        )
    found.padded[name.name] = name
