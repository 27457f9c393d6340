"""The computation graph of a derivation as records: who reads whom, by which operation, in which step."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.algebra.binding import tensors_in
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import StepKind, of_kind
from symbackprop.model.records import Equation, Tensor
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.rendering.figures.drawing import Run, Text
from symbackprop.rendering.figures.labels import name_text, shape_words
from symbackprop.rendering.figures.operations import operation_of
from symbackprop.rendering.figures.steps_apart import Shift, shift_of

EARLIER = "earlier"
"""The role of a node that stands for a tensor at another step of a recurrence."""
FOLD, CELL = "fold", "cell"
"""The roles of a node that stands for several tensors: for equal layers, for one step of a recurrence."""


@dataclass(frozen=True, slots=True)
class Node:
    """A tensor, its value at another step, or several tensors as one.

    `key` tells nodes apart; `step` is the number of the step that derives the adjoint, "" where there is none; `joins`
    says that several paths to the root begin here, so contributions add. `members` are the tensors of a fold; with
    `lane` a node and its arrows keep to a lane, counted from above.
    """

    key: str
    tensor: str
    role: str
    label: Text
    step: str = ""
    shape: str = ""
    joins: bool = False
    members: tuple[str, ...] = ()
    lane: float | None = None

    @property
    def is_leaf(self) -> bool:
        """Whether no equation gives it."""
        return self.role in ("input", "target", "constant", "parameter", EARLIER)


@dataclass(frozen=True, slots=True)
class Arrow:
    """The equation of `reader` reads `source`; a derivative comes `back` where the source has one.

    `label` is the operation in short; where several arrows enter a reader only the first one from no leaf bears it.
    """

    source: str
    reader: str
    label: Text = ()
    back: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in forward order, arrows by their readers; both by keys."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    root: str

    def node(self, key: str) -> Node:
        """The node of that key; StopIteration where there is none."""
        return next(node for node in self.nodes if node.key == key)


def graph_of(derivation: Derivation, names: Nomenclature) -> Graph:
    """The graph of the model that was swept, each tensor once; a read of an earlier step has a node of its own."""
    model = derivation.model
    order = {equation.tensor: place for place, equation in enumerate(model.order)}
    labels = {e.tensor: operation_of(derivation, e, names) for e in model.order}
    nodes = {t.name: _node(derivation, t, names) for t in _in_order(model.tensors, order)}
    arrows: list[Arrow] = []
    for equation in model.order:
        reads = _reads(equation, order)
        bearer = _bearer(reads, nodes, order, equation)
        for name in reads:
            label = labels[equation.tensor] if name == bearer else ()
            source = name
            if order.get(name, -1) >= order[equation.tensor]:
                source = _add_earlier(nodes, shift_of(equation, name), nodes[name])
            back = bool(nodes[name].step) and (bool(nodes[equation.tensor].step) or equation.tensor == model.root)
            arrows.append(Arrow(source, equation.tensor, label, back))
    used = {a.source for a in arrows} | {a.reader for a in arrows}
    return Graph(tuple(n for n in nodes.values() if n.key in used), tuple(arrows), model.root)


def _in_order(tensors: tuple[Tensor, ...], order: dict[str, int]) -> list[Tensor]:
    return sorted(tensors, key=lambda t: order.get(t.name, -1))


def _reads(equation: Equation, order: dict[str, int]) -> list[str]:
    """What the equation reads, in the order of the model: leaves first."""
    return sorted(tensors_in(equation.expression), key=lambda name: (order.get(name, -1), name))


def _bearer(reads: list[str], nodes: dict[str, Node], order: dict[str, int], equation: Equation) -> str:
    """The source whose arrow bears the operation: the latest value, an input where there is none."""
    place = order[equation.tensor]
    values = [name for name in reads if 0 <= order.get(name, -1) < place]
    data = [name for name in reads if nodes[name].role == "input"]
    return (values[-1:] or data[:1] or reads[:1] or [""])[0]


def _node(derivation: Derivation, tensor: Tensor, names: Nomenclature) -> Node:
    role = "loss" if tensor.name == derivation.model.root else tensor.role
    steps = [step for step in derivation.steps if step.tensor == tensor.name]
    joins = bool(steps) and len(of_kind(steps[0], StepKind.CONTRIBUTION)) > 1
    number = steps[0].number if steps else ""
    label = name_text(tensor.name, names)
    return Node(tensor.name, tensor.name, role, label, number, shape_words(tensor.shape, names), joins)


def _add_earlier(nodes: dict[str, Node], shift: Shift, of: Node) -> str:
    """The key of the node of a tensor at another step, which is made where it is new."""
    key = f"{of.tensor} at {shift.words}"
    label = (*of.label, Run(shift.words, level=-1))
    nodes.setdefault(key, Node(key, of.tensor, EARLIER, label, "", of.shape))
    return key
