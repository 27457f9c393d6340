"""A recurrence at three steps in a row: t - 1, t and t + 1, each step's state as one node, parameters shared by all."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Symbol

from symbackprop.algebra.binding import tensors_in
from symbackprop.derivation.derivation import Derivation
from symbackprop.model.model import Model
from symbackprop.model.records import Equation
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.rendering.figures.drawing import Run, Text
from symbackprop.rendering.figures.graph import CELL, FOLD, Arrow, Graph, Node, graph_of
from symbackprop.rendering.figures.labels import name_text
from symbackprop.rendering.figures.steps_apart import Shift, aligned, shift_of

_STEPS = (-1, 0, 1)


def unrolled(derivation: Derivation, names: Nomenclature) -> Graph | None:
    """The graph of three steps of the recurrences in a model; None where it has none.

    The tensors of a recurrence are one node for each step, named by the states that go on to the next; what a step
    alone reads or gives stands beside it at each step; parameters that all steps share are one node.
    """
    model = derivation.model
    cells = _cells(model)
    states = {name: shift for cell in cells for name, shift in _states(model, cell).items()}
    if not any(shift.by for shift in states.values()):
        return None
    axes = _axes(model, cells, states)
    whole = graph_of(derivation, names)
    home = _homes(whole, cells, axes)
    nodes = _nodes(whole, home, cells, states, names)
    return Graph(tuple(nodes.values()), tuple(_arrows(whole, home, nodes, states, cells)), model.root)


def _cells(model: Model) -> list[frozenset[str]]:
    """Tensors that depend on one another: sets of those that reach each other by reads."""
    reads = {e.tensor: tensors_in(e.expression) for e in model.order}
    reach = {name: _reached(name, reads) for name in reads}
    found: dict[frozenset[str], None] = {}
    for name in reads:
        if name in reach[name]:
            found[frozenset(other for other in reads if other in reach[name] and name in reach[other])] = None
    return list(found)


def _reached(name: str, reads: Mapping[str, frozenset[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = reads.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting += sorted(new)
    return found


def _states(model: Model, cell: frozenset[str]) -> dict[str, Shift]:
    """The tensors of a cell that are read at another step."""
    found: dict[str, Shift] = {}
    for equation in model.order:
        if equation.tensor in cell:
            for name in sorted(tensors_in(equation.expression) & cell):
                shift = shift_of(equation, name)
                if shift.by:
                    found.setdefault(name, shift)
    return found


def _axes(model: Model, cells: list[frozenset[str]], states: Mapping[str, Shift]) -> dict[str, int]:
    """The axis of the steps for each tensor that has one: of the cells, of what they read, of what reads them."""
    inside = {name for cell in cells for name in cell}
    found = {name: shift.of_axis for name, shift in states.items()}
    equations = [e for e in model.order if e.tensor != model.root]
    for _ in range(len(equations) + 1):
        before = len(found)
        for equation in equations:
            _spread(equation, found, inside)
        if len(found) == before:
            return found
    return found


def _spread(equation: Equation, found: dict[str, int], inside: set[str]) -> None:
    """The axis of the steps goes on from an equation to what it reads, and from that to it."""
    reads = sorted(tensors_in(equation.expression))
    if equation.tensor in found:
        step = equation.indices[found[equation.tensor]]
        for name in reads:
            axis = aligned(equation, name, step)
            if axis is not None:
                found.setdefault(name, axis)
    for name in (n for n in reads if n in found and equation.tensor not in found):
        for axis, index in enumerate(equation.indices):
            if isinstance(index, Symbol) and (
                _reads_at(equation, name, index, found[name]) or _is_own(equation, inside)
            ):
                found[equation.tensor] = axis
                break


def _reads_at(equation: Equation, name: str, index: Symbol, axis: int) -> bool:
    return aligned(equation, name, index) == axis


def _is_own(equation: Equation, inside: set[str]) -> bool:
    return equation.tensor in inside


def _homes(graph: Graph, cells: list[frozenset[str]], axes: Mapping[str, int]) -> dict[str, tuple[str, bool]]:
    """For each tensor the key of its node without the step, and whether it stands at each step."""
    cell_of = {name: f"cell {number}" for number, cell in enumerate(cells) for name in cell}
    readers: dict[str, set[str]] = {}
    for arrow in graph.arrows:
        readers.setdefault(arrow.source, set()).add(cell_of.get(arrow.reader, arrow.reader))
    found: dict[str, tuple[str, bool]] = {}
    for node in graph.nodes:
        name = node.tensor
        if name in cell_of:
            found[name] = (cell_of[name], True)
        elif name in axes:
            found[name] = (name, True)
        elif node.role == "parameter" and not any(r.startswith("cell ") for r in readers[node.key]):
            continue  # the recurrence is what is shown
        elif node.role == "parameter":
            found[name] = (f"parameters of {' and '.join(sorted(readers[node.key]))}", False)
        else:
            found[name] = (name, False)
    return found


def _at(key: str, step: int) -> str:
    return f"{key} at {step}"


def _nodes(
    graph: Graph,
    home: Mapping[str, tuple[str, bool]],
    cells: list[frozenset[str]],
    states: Mapping[str, Shift],
    names: Nomenclature,
) -> dict[str, Node]:
    index = next(shift.index for shift in states.values() if shift.by)
    members: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.key == node.tensor and node.tensor in home:
            members.setdefault(home[node.tensor][0], []).append(node)
    found: dict[str, Node] = {}
    for key, inner in members.items():
        shown = [n for n in inner if n.tensor in states] if key.startswith("cell ") else inner
        each = home[inner[0].tensor][1]
        for step in _STEPS if each else (0,):
            mark = Run(index + {-1: "−1", 0: "", 1: "+1"}[step], level=-1)
            labels = [_label(n.tensor, names, mark if each else None, len(shown) > 1) for n in shown[:3]]
            label = _listed(labels, len(shown))
            where = _at(key, step) if each else key
            single = inner[0] if len(inner) == 1 else None
            role = _role(key, inner)
            tensor = single.tensor if single else " ".join(n.tensor for n in inner)
            folded = () if single else tuple(n.tensor for n in inner)
            number = single.step if single and not each else ""
            found[where] = Node(where, tensor, role, label, number, "", False, folded, _lane(role, each))
    return found


def _role(key: str, inner: list[Node]) -> str:
    if key.startswith("cell "):
        return CELL
    return inner[0].role if len({node.role for node in inner}) == 1 else FOLD


def _lane(role: str, each: bool) -> float:
    """What a step gives stands above it, what it reads below, and what all read between."""
    if role == "parameter":
        return 1.0
    return {"input": 2.0, "intermediate": -1.0}.get(role, 0.0) if each else {"target": 3.0}.get(role, 0.0)


def _label(tensor: str, names: Nomenclature, mark: Run | None, several: bool) -> Text:
    """A name with the step below it; several together go without the mark of their layer, which is the same."""
    runs = name_text(tensor, names)
    if several:
        runs = tuple(run for run in runs if run.level <= 0)
    return (*runs, mark) if mark else runs


def _listed(labels: list[Text], count: int) -> Text:
    """Names with commas between."""
    runs: list[Run] = []
    for number, label in enumerate(labels):
        runs += [*([Run(", ")] if number else []), *label]
    return (*runs, Run(", …")) if count > len(labels) else tuple(runs)


def _arrows(
    graph: Graph,
    home: Mapping[str, tuple[str, bool]],
    nodes: Mapping[str, Node],
    states: Mapping[str, Shift],
    cells: list[frozenset[str]],
) -> list[Arrow]:
    """Each read at each step, once between the same two nodes; a state goes on to the step that reads it."""
    found: dict[tuple[str, str], Arrow] = {}
    tensor_of = {node.key: node.tensor for node in graph.nodes}
    for arrow in graph.arrows:
        name = tensor_of[arrow.source]
        if name not in home:
            continue
        (start, each), (goal, goal_each) = home[name], home[arrow.reader]
        earlier = arrow.source != name
        back = arrow.back or (earlier and bool(graph.node(name).step))
        if start == goal and not earlier:
            continue
        for step in _STEPS if each or goal_each else (0,):
            source_step = step + states[name].by if earlier else step
            source = _at(start, source_step) if each else start
            reader = _at(goal, step) if goal_each else goal
            if source in nodes and reader in nodes and source != reader:
                label = arrow.label if not goal.startswith("cell ") and goal_each else ()
                found.setdefault((source, reader), Arrow(source, reader, label, back))
    return list(found.values())
