r"""The derivation at the scalar level: the sweep over single operations, arranged node by node.

Everything here is read off the steps of the sweep, but for the cost over all samples, which is one step more:
\(\partial J / \partial w = \frac1m \sum_s \partial L_s / \partial w\).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Add, Expr, Integer, S, Sum, Symbol

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import replaced, substitute
from symbackprop.algebra.derivative import derivative
from symbackprop.algebra.display import display
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.symbols import Partial, bounds_of, entry, index, total
from symbackprop.derivation.checks import DEFINITION, Checker, Progress
from symbackprop.derivation.derivation import Derivation, counted, told
from symbackprop.derivation.graph import Entry
from symbackprop.derivation.numbers import numbers_of
from symbackprop.derivation.own_names import OwnForm, own_forms
from symbackprop.derivation.rates import learning_rate
from symbackprop.derivation.scalars import Leaf, Node, ScalarNetwork, scalar_network
from symbackprop.derivation.steps import Step, StepKind, numbered, of_kind
from symbackprop.derivation.sweep import derive
from symbackprop.model.model import Model
from symbackprop.model.reads import names_read
from symbackprop.model.records import Samples

_READABLE = 120
"""Nodes of a formula up to which the whole network is written as one."""


@dataclass(frozen=True, slots=True)
class NodeStep:
    r"""The derivative by one node or leaf, `step.left`: its local derivatives, and the chain rule by every path.

    `locals` are steps with `left` \(\partial j / \partial l\), one for each node that reads this one. `chain` is the
    sum over these of the products of partials; `forms` are what it is equal to, the final one last. `own` are forms in
    the names that nodes have in the model, the final one last.
    """

    step: Step
    of: Node | Leaf
    locals: tuple[Step, ...]
    chain: Expr
    forms: tuple[Expr, ...]
    own: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, repr=False)
class ScalarDerivation:
    """The derivation of one sample's loss, node by node.

    `wholes` are the outputs that the loss reads, and the loss, each with its formula in leaves alone; empty where they
    are too long to be read. `cost` has the cost over all samples and its derivative by each parameter, where the model
    has one; `updates` the step of gradient descent for each, with the learning rate `rate`. `numbers` has the value of
    every node, and under the names of adjoints the derivatives, where values were given.
    """

    network: ScalarNetwork
    derivation: Derivation
    steps: tuple[NodeStep, ...]
    wholes: tuple[tuple[Expr, Expr], ...]
    samples: Samples | None
    cost: tuple[Step, ...]
    updates: tuple[Step, ...]
    rate: str
    numbers: Mapping[str, float] | None

    def step(self, name: str) -> NodeStep:
        """The step of a node or a leaf.

        Raises:
            UnknownNameError: nothing of that name was derived by.
        """
        found = self.derivation.step(name)
        return next(step for step in self.steps if step.step is found)

    def __repr__(self) -> str:
        of = f"{self.derivation.root} in {self.network.source.name}, node by node"
        nodes, steps = counted(len(self.network.nodes), "node"), counted(len(self.steps), "derivative")
        return f"<ScalarDerivation of {of}: {nodes}, {steps}, {told(self.derivation)}>"


def scalar_derivation(
    model: Model,
    sizes: Mapping[str, int] | None = None,
    *,
    wrt: Iterable[str] | None = None,
    values: Mapping[str, Any] | None = None,
    first: int = 1,
    checks: bool = True,
    progress: Progress | None = None,
) -> ScalarDerivation:
    """The loss of one sample derived by every parameter, or by the leaves in `wrt`, operation by operation.

    `sizes` gives each size by name; `values` gives one sample and the parameters as arrays, for the numbers beside the
    formulas; `first` is what first entries are called, 1 or 0.

    Raises:
        UsageError: a size without a value, or a network too large to be read.
        UnknownNameError: a name that the model lacks.
        DataError: values that do not fit the model.
    """
    network = scalar_network(model, sizes, wrt=wrt, values=values, first=first)
    found = derive(network.model, network.wanted, checks=checks, progress=progress)
    own = own_forms(network, found)
    checker = Checker(found.space, checks)
    found = replace(found, steps=numbered(_with_own(step, own[step.tensor], checker) for step in found.steps))
    whole = network.graph.operations
    known = {node.name: node for node in network.nodes} | {leaf.name: leaf for leaf in network.leaves}
    integers = {tensor.name for tensor in model.tensors if tensor.integer}
    given = None if values is None or set(values) <= integers else values
    parameters = [leaf for leaf in network.leaves if leaf.name in network.wanted and leaf.role == "parameter"]
    rate = learning_rate(model)
    return ScalarDerivation(
        network=network,
        derivation=found,
        steps=tuple(_node_step(step, known[step.tensor], own[step.tensor]) for step in found.steps),
        wholes=tuple(_wholes(network)) if network.complete and len(whole) < _READABLE else (),
        samples=model.samples,
        cost=tuple(_cost(model, network, parameters)),
        updates=tuple(_update(model, leaf, rate) for leaf in parameters),
        rate=rate,
        numbers=None if given is None else numbers_of(network, found, given),
    )


def _with_own(step: Step, own: OwnForm, checker: Checker) -> Step:
    """The step and what it comes to in the model's own names."""
    check = checker.equal(own.put_in, own.after, {})
    last = Step(StepKind.OWN, step.tensor, step.left, own.put_in, own.after, "in the names of the model", check)
    return replace(step, substeps=(*step.substeps, last))


def _node_step(step: Step, of: Node | Leaf, own: OwnForm) -> NodeStep:
    contributions = of_kind(step, StepKind.CONTRIBUTION)
    locals_ = [substep for c in contributions for substep in of_kind(c, StepKind.LOCAL_DERIVATIVE)]
    products = [substep.before for c in contributions for substep in of_kind(c, StepKind.COLLAPSE)]
    forms = (_sum(products), _sum([c.after for c in contributions]), step.before, step.after)
    chain = _sum([c.before for c in contributions])
    own_names = tuple(dict.fromkeys((own.put_in, own.after)))
    return NodeStep(step, of, tuple(locals_), chain, tuple(dict.fromkeys(forms)), own_names)


def _sum(parts: list[Expr]) -> Expr:
    return parts[0] if len(parts) == 1 else Add(*parts, evaluate=False)


# the network as one formula


def _wholes(network: ScalarNetwork) -> Iterator[tuple[Expr, Expr]]:
    """The outputs that the loss reads, and the loss, with every node put in."""
    inlined: dict[Expr, Expr] = {}
    for equation in network.model.order:
        value = replaced(equation.expression, inlined)
        if size_of(value) > _READABLE:
            return
        inlined[entry(equation.tensor)] = value
    loss = network.source.loss
    read = names_read(network.source.equation(loss).expression)
    for node in reversed(network.nodes):
        if any(tensor in read for tensor, _ in node.means):
            yield entry(node.name), inlined[entry(node.name)]
    yield entry(loss), inlined[entry(loss)]


# the cost over all samples


def _cost(model: Model, network: ScalarNetwork, parameters: list[Leaf]) -> Iterator[Step]:
    """The cost, and its derivative by each parameter."""
    if model.cost is None or model.samples is None:
        return
    cost, count = model.cost, model.samples.size
    s = _sample_index(cost.expression, model)
    names = _entries_by_leaf(network)
    known = {symbol: Integer(value) for symbol, value in network.sizes.items()}
    yield _by_definition(StepKind.FORWARD, cost.tensor, entry(cost.tensor), substitute(cost.expression, known))
    share = display(derivative(cost.expression, model.loss, (s,)), {s: count}, model.space)
    for leaf in parameters:
        slope = Partial(entry(model.loss, s), entry(leaf.name))
        outside = s not in share.free_symbols
        summed = share * total(slope, (s, count)) if outside else total(share * slope, (s, count))
        direct = replaced(_direct(model, leaf), names)
        value = substitute(summed + direct, known)
        yield _by_definition(StepKind.CHAIN_RULE, leaf.name, Partial(entry(cost.tensor), entry(leaf.name)), value)


def _sample_index(cost: Expr, model: Model) -> Symbol:
    """The index under which the cost sums the losses."""
    found = [bounds_of(part)[0][0] for part in sorted(cost.atoms(Sum), key=str) if model.loss in names_read(part)]
    return found[0] if found else index("s")


def _entries_by_leaf(network: ScalarNetwork) -> dict[Expr, Expr]:
    """Each entry of the source that is a leaf here, to its symbol."""
    return {_entry(leaf.of): entry(leaf.name) for leaf in network.leaves if leaf.of is not None}


def _entry(of: Entry) -> Expr:
    return entry(of[0], *map(Integer, of[1]))


def _direct(model: Model, leaf: Leaf) -> Expr:
    """What the cost reads of a parameter beside the losses: the derivative of a penalty."""
    if model.cost is None or leaf.of is None:
        return S.Zero
    tensor, position = leaf.of
    found = derivative(model.cost.expression, tensor, tuple(map(Integer, position)))
    return display(found, {}, model.space)


def _update(model: Model, leaf: Leaf, rate: str) -> Step:
    """Gradient descent on the cost, or on the loss where there is no cost."""
    value = entry(leaf.name)
    return _by_definition(StepKind.UPDATE, leaf.name, value, value - entry(rate) * Partial(entry(model.root), value))


def _by_definition(kind: StepKind, tensor: str, left: Expr, after: Expr) -> Step:
    return Step(kind, tensor, left, after, after, kind.value, DEFINITION, array=Array((), (), after))
