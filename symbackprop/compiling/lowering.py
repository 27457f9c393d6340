r"""Index equations to the array program: what is needed, each tensor once, in order, with loops over time.

What stands alone as a sum is a contraction; every other sum gets a name of its own. `sums` says how products are
contracted, `recurrences` how equations that need themselves at other steps become loops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.symbols import entry
from symbackprop.compiling.equations import Computation
from symbackprop.compiling.identifiers import identifier
from symbackprop.compiling.program import Program
from symbackprop.compiling.programs.aliases import Alias, aliases_of, inlined
from symbackprop.compiling.programs.definitions import Definition, Workshop, with_shapes
from symbackprop.compiling.programs.expressions import lower_equation
from symbackprop.compiling.programs.keys import indices_in
from symbackprop.compiling.programs.recurrences import circles, scheduled
from symbackprop.compiling.programs.sharing import shared
from symbackprop.compiling.programs.steps import without_steps
from symbackprop.errors import DerivationError
from symbackprop.model.records import Equation


def lower(computation: Computation) -> Program:
    """The computation as an array program.

    Raises:
        DerivationError: a tensor that nothing gives, or equations in a circle that no time axis breaks.
    """
    shop = Workshop(computation.space, frozenset(computation.arguments))
    shop.taken = {*computation.arguments, *computation.space.shapes, *map(identifier, computation.space.shapes)}
    aliases = aliases_of(computation.equations, shop)
    equations = {e.tensor: e for e in computation.equations}
    results = list(dict.fromkeys((computation.loss, *computation.gradients.values())))
    _lower_needed(results, equations, aliases, shop)
    wanted = _reached(results, shop.definitions)
    definitions = _in_order([d for d in shop.definitions.values() if d.tensor in wanted], computation)
    definitions = _in_order(shared(definitions, shop), computation)
    _check_reads(definitions, computation)
    definitions, statements = scheduled(definitions, shop)
    definitions, statements = without_steps(definitions, statements, equations)
    return Program(
        arguments=computation.arguments,
        statements=statements,
        space=with_shapes(computation.space, definitions),
        loss=computation.loss,
        gradients=computation.gradients,
        numbers=_numbers(definitions, computation),
    )


def _lower_needed(
    results: Iterable[str], equations: Mapping[str, Equation], aliases: Mapping[str, Alias], shop: Workshop
) -> None:
    """Lowers every equation on which a result rests; first in the order given, then what only sharing asked for."""
    expressions = {}
    for name, equation in equations.items():
        extents = dict(zip(equation.indices, shop.space.shapes[name], strict=True))
        expressions[name] = inlined(equation.expression, extents, aliases, shop)
    reads = {name: tensors_in(expression) & equations.keys() for name, expression in expressions.items()}
    recurrent = circles(reads)
    for name, equation in equations.items():
        if name not in aliases:
            _announce(equation, shop)
    needed = _closure(results, reads)
    for name in [name for name in equations if name in needed]:
        lower_equation(equations[name], expressions[name], name in recurrent, shop)
    while missing := sorted(_reached(results, shop.definitions, equations) - shop.definitions.keys()):
        for name in missing:
            lower_equation(equations[name], expressions[name], name in recurrent, shop)


def _announce(equation: Equation, shop: Workshop) -> None:
    """Whoever needs what the equation holds is to read its tensor."""
    extents = dict(zip(equation.indices, shop.space.shapes[equation.tensor], strict=True))
    if indices_in(equation.expression) == set(equation.indices):
        shop.remember(equation.expression, extents, entry(equation.tensor, *equation.indices))


def _closure(names: Iterable[str], reads: Mapping[str, Iterable[str]]) -> set[str]:
    """The names, and all that they need through `reads`."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += reads.get(name, ())
    return found


def _reached(results: Iterable[str], definitions: Mapping[str, Definition], also: Iterable[str] = ()) -> set[str]:
    """The defined tensors on which the results rest, and those of `also` that are read and not defined."""
    names = {*definitions, *also}
    reads = {name: definition.reads() & names for name, definition in definitions.items()}
    return _closure(results, reads) & names


def _in_order(definitions: Iterable[Definition], computation: Computation) -> list[Definition]:
    """The definitions in the order of the equations that they were made for, and of their making."""
    place = {equation.tensor: number for number, equation in enumerate(computation.equations)}
    return sorted(definitions, key=lambda d: place[d.equation])


def _check_reads(definitions: Iterable[Definition], computation: Computation) -> None:
    given = {*computation.arguments, *(d.tensor for d in definitions)}
    for definition in definitions:
        missing = sorted(definition.reads() - given)
        if missing:
            raise DerivationError(f"{definition.equation} reads {missing[0]}, which no equation gives", name=missing[0])


def _numbers(definitions: Iterable[Definition], computation: Computation) -> dict[str, str]:
    """The step of the document for every tensor: of a part, that of the equation that it serves."""
    numbers = computation.numbers
    return {d.tensor: numbers[d.equation] for d in definitions if d.equation in numbers}
