"""A program as NumPy code: a function made by SymPy's `lambdify`, and a source file with the same lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Symbol, lambdify
from sympy.core.basic import Basic

from symbackprop.algebra.symbols import indices_of, tensor_of
from symbackprop.compiling.identifiers import AMBIGUOUS, identifiers
from symbackprop.compiling.program import Allocate, Contract, Into, Loop, Program, Reduce, Statement
from symbackprop.compiling.programs.parts import walk
from symbackprop.compiling.sources.fragments import sequence
from symbackprop.compiling.sources.functions import Functions
from symbackprop.compiling.sources.listing import Listing, passages, return_lines
from symbackprop.compiling.sources.places import Place
from symbackprop.compiling.sources.printer import ArrayPrinter, Dictionary, Name
from symbackprop.compiling.sources.sizes import Requirement, SizePlan, size_plan
from symbackprop.compiling.sources.source_file import ENTRY, HELPERS, FileParts, opening_lines, quoted, source_file
from symbackprop.compiling.sources.special import NAMED
from symbackprop.compiling.sources.statements import Block, Writer, alive, entries, expressions

Box = tuple[tuple[Symbol, Expr], ...]


@dataclass(frozen=True, slots=True)
class NumpyCode:
    """Code of one program.

    `function` takes arrays of floats (of integers, where they are indices) in the order of the program's arguments,
    then `sizes`, those that no shape tells; it gives the loss and the tuple of gradients, all fresh. It checks nothing.
    `source` is a module that imports NumPy alone. `names` has the identifier of each tensor, `below` for each integer
    argument the sizes that its entries must stay below. `listing` has the function's lines by steps.
    """

    function: Callable[..., tuple[Any, tuple[Any, ...]]]
    source: str
    sizes: tuple[str, ...]
    names: Mapping[str, str]
    below: Mapping[str, tuple[Expr, ...]]
    listing: Listing


def emit(program: Program, title: str = "a model", roles: Mapping[str, str] | None = None) -> NumpyCode:
    """The program as NumPy code; `title` and the `roles` of arguments stand in the docstrings of the file.

    Raises:
        UsageError: a function that has no definition.
    """
    statements = alive(program)
    words, functions = _dictionary(program, statements)
    printer = ArrayPrinter(program.space, words, _maximisers(statements))
    blocks = Writer(program, statements, printer).blocks(statements)
    shapes = {name: program.space.shapes.get(name, ()) for name in program.arguments}
    below = _below(program, statements)
    plan = size_plan(
        shapes, _sizes_used(_sizes(program, statements), blocks, below, words), words.tensors, _size_writer(printer)
    )
    limits = {name: tuple(map(_size_writer(printer), sizes)) for name, sizes in below.items()}
    listing = _listing(program, plan, blocks, limits, words)
    parts = FileParts(
        title=title,
        arguments=listing.arguments,
        shapes={name: _shape_text(shape, printer) for name, shape in shapes.items()},
        roles=roles or {},
        below=limits,
        plan=plan,
        sizes=tuple(listing.sizes.values()),
        blocks=blocks,
        listing=listing,
        loss=listing.loss,
        gradients=listing.results,
        functions=functions.sources(),
    )
    function = _lambdified(parts, functions.namespace(), printer)
    return NumpyCode(function, source_file(parts), tuple(listing.sizes), words.tensors, below, listing)


def _lambdified(parts: FileParts, namespace: Mapping[str, Any], printer: ArrayPrinter) -> Callable[..., Any]:
    """The function, its statements handed to `lambdify` as if common subexpressions had been found."""
    arguments = [Name(name) for name in (*parts.arguments.values(), *parts.sizes)]
    results = (Name(parts.loss), tuple(Name(code) for code in parts.gradients.values()))
    assignments: list[tuple[Name, Name]] = [
        (Name(step.target), Name(step.source)) for step in parts.plan.steps if not isinstance(step, Requirement)
    ]
    assignments += [(Name(block.name), Name(_value_of(block))) for block in parts.blocks]
    function = lambdify(
        arguments,
        results,
        modules=[dict(namespace)],
        printer=printer,
        cse=lambda expressions: (assignments, expressions),
        docstring_limit=0,
    )
    function.__name__ = function.__qualname__ = ENTRY
    return function


def _listing(
    program: Program,
    plan: SizePlan,
    blocks: tuple[Block, ...],
    below: Mapping[str, tuple[str, ...]],
    words: Dictionary,
) -> Listing:
    """The body of the function by the steps that its lines compute."""
    loss, found = _results(program, words.tensors)
    results = dict(zip(program.gradients, found, strict=True))
    arguments = {name: words.tensors[name] for name in program.arguments}
    parts, backward = tuple(passages(blocks, program.numbers)), _backward(program, blocks)
    return Listing(
        opening=tuple(opening_lines(plan, arguments, below)),
        forward=parts[:backward],
        backward=parts[backward:],
        closing=tuple(return_lines(loss, {quoted(name): code for name, code in results.items()})),
        loss=loss,
        results=results,
        arguments=arguments,
        sizes={s.name: words.indices[s.name] for s in plan.missing},
    )


def _value_of(block: Block) -> str:
    first = block.lines[0].removeprefix(f"{block.name} = ")
    return "\n    ".join([first, *block.lines[1:]])


def _maximisers(statements: tuple[Statement, ...]) -> dict[str, Expr]:
    """The tensors that hold places of maxima, each with the size of the range that they lie in."""
    reductions = [s for s, _ in walk(statements) if isinstance(s, Reduce) and s.operation == "argmax"]
    return {s.target: s.bound[0][1] for s in reductions}


# names


def _dictionary(program: Program, statements: tuple[Statement, ...]) -> tuple[Dictionary, Functions]:
    """Identifiers for arguments, then other tensors, sizes, and the indices of loops."""
    tensors = list(dict.fromkeys((*program.arguments, *program.space.shapes)))
    sizes = sorted(s.name for s in _sizes(program, statements))
    loops = sorted({symbol.name for symbol, _ in _boxes(statements)})
    fixed = {*NAMED, *(helper.__name__ for helper in HELPERS), ENTRY}
    given = identifiers(program.arguments, fixed)
    made = given | identifiers([t for t in tensors if t not in given], {*fixed, *given.values(), *AMBIGUOUS})
    inner = identifiers([*sizes, *loops], {*fixed, *made.values(), *AMBIGUOUS})
    functions = Functions(program.space.functions, {*fixed, *made.values(), *inner.values()})
    places = {name: number for number, name in enumerate(tensors)}
    return Dictionary(made, inner, functions.name, places), functions


def _boxes(statements: Iterable[Statement]) -> Iterator[tuple[Symbol, Expr]]:
    for statement in statements:
        if isinstance(statement, Loop):
            yield statement.index, statement.extent
            yield from _boxes(statement.body)
        elif not isinstance(statement, Allocate):
            yield from statement.box
            if isinstance(statement, Contract | Reduce):
                yield from statement.bound


def _sizes(program: Program, statements: tuple[Statement, ...]) -> set[Symbol]:
    """Every size that a shape, a range or an expression reads."""
    parts = [extent for shape in program.space.shapes.values() for extent in shape]
    parts += [extent for _, extent in _boxes(statements)]
    parts += [part for statement in statements for part in expressions(statement)]
    symbols = {s for part in parts for s in part.free_symbols if isinstance(s, Symbol)}
    return {s for s in symbols if s.is_integer and s.is_positive}


def _size_writer(printer: ArrayPrinter) -> Callable[[Expr], Any]:
    return lambda extent: printer.write(extent, Place((), {}))


def _shape_text(shape: tuple[Expr, ...], printer: ArrayPrinter) -> str:
    return str(sequence([_size_writer(printer)(extent) for extent in shape])) if shape else "a number"


# what the lines use


def _sizes_used(
    symbols: set[Symbol], blocks: tuple[Block, ...], below: Mapping[str, tuple[Expr, ...]], words: Dictionary
) -> set[Symbol]:
    """The sizes whose identifiers stand in the lines."""
    found = {word for block in blocks for line in block.lines for word in re.findall(r"\w+", line.partition("  # ")[0])}
    wanted = {s for sizes in below.values() for e in sizes for s in e.free_symbols}
    return wanted | {s for s in symbols if words.indices[s.name] in found}


def _below(program: Program, statements: tuple[Statement, ...]) -> dict[str, tuple[Expr, ...]]:
    """For each argument whose entries serve as indices, the sizes of the axes that they index."""
    found: dict[str, dict[Expr, None]] = {}
    shapes = program.space.shapes
    for owner, positions in _positions(statements):
        for position, extent in zip(positions, shapes.get(owner, ()), strict=False):
            name = tensor_of(position)
            inner = [name] if name is not None else [str(tensor_of(read)) for read in entries(position)]
            for integer in inner:
                if integer in program.arguments:
                    known = found.setdefault(integer, {})
                    known.update({extent: None} if integer == name else {})
    return {name: tuple(found[name]) for name in program.arguments if name in found}


def _positions(statements: Iterable[Statement]) -> Iterator[tuple[str, tuple[Expr, ...]]]:
    """Each tensor that is read or written at indices, with these."""
    for statement in statements:
        if isinstance(statement, Loop):
            yield from _positions(statement.body)
            continue
        if isinstance(statement, Into):
            yield statement.target, statement.at
        for expression in expressions(statement):
            yield from _reads(expression)


def _reads(expression: Basic) -> Iterator[tuple[str, tuple[Expr, ...]]]:
    for read in entries(expression):
        yield str(tensor_of(read)), indices_of(read)


def _backward(program: Program, blocks: tuple[Block, ...]) -> int:
    """The first block of the backward pass: an adjoint, or a part with the same step."""
    first = next((place for place, block in enumerate(blocks) if block.is_backward), len(blocks))
    numbers = [program.numbers.get(block.tensors[0]) for block in blocks]
    while 0 < first < len(blocks) and numbers[first] is not None and numbers[first - 1] == numbers[first]:
        first -= 1
    return first


def _results(program: Program, names: Mapping[str, str]) -> tuple[str, list[str]]:
    """Each result as source: a copy where it is an argument, or stands for an earlier result too."""
    given: set[str] = set()

    def fresh(tensor: str) -> str:
        shared = tensor in program.arguments or (tensor in given and program.space.shapes.get(tensor, ()) != ())
        given.add(tensor)
        return f"{names[tensor]}.copy()" if shared else names[tensor]

    return fresh(program.loss), [fresh(tensor) for tensor in program.gradients.values()]
