r"""The scalar level: every entry by itself, the network cut into operations of one or two operands with a letter each.

The result is a model like any other, whose tensors are all scalars; the same sweep derives it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Symbol

from symbackprop.algebra.binding import replaced
from symbackprop.algebra.proving.arithmetic import EXACT
from symbackprop.algebra.proving.evaluate import evaluate
from symbackprop.algebra.space import Fact, FactKind
from symbackprop.algebra.symbols import entry, size
from symbackprop.derivation.binary import Cut, in_order, in_twos, on_the_way, size_of_graph
from symbackprop.derivation.graph import Entry, Graph, Operation, extents, positions
from symbackprop.derivation.letters import leaf_names, node_names
from symbackprop.derivation.operations import check_entries, graph_of
from symbackprop.errors import ShapeError, UnknownNameError, UsageError, suggestion
from symbackprop.model.model import Model
from symbackprop.model.records import Equation, Role, Tensor
from symbackprop.model.validation import size_names

COMPLETE = 200
"""Operations up to which every entry of every parameter is derived."""

MOST = 2000
"""Operations on the way from one entry of each parameter beyond which nobody reads on."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: `name` = `value`, in its `operands`; `users` are the nodes that read it, the last one first.

    `means` are the entries of the source's tensors that have this value.
    """

    name: str
    word: str
    operands: tuple[Expr, ...]
    value: Expr
    users: tuple[str, ...]
    means: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry that nothing defines. `of` is None for what stands for the terms of a sum that are left out."""

    name: str
    role: Role
    of: Entry | None
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScalarNetwork:
    """A model of one sample in single operations.

    `nodes` has the last operation first. `count` is how many operations the whole network has; unless `complete`, only
    those are here on which one entry of each parameter acts. `graph` is the whole network, `cut` the part shown.
    `own` has the names that nodes have in the source: `a1_2` for what is the second entry of a1.
    """

    source: Model
    sizes: Mapping[Symbol, int]
    model: Model
    nodes: tuple[Node, ...]
    leaves: tuple[Leaf, ...]
    wanted: tuple[str, ...]
    count: int
    complete: bool
    graph: Graph
    cut: Cut
    own: Mapping[str, str]

    def with_own_names(self) -> Model:
        """The model with an equation for each name that a node has in the source."""
        return replace(
            self.model,
            tensors=(*self.model.tensors, *(Tensor(name, (), "intermediate") for name in self.own.values())),
            equations=(*self.model.equations, *(Equation(name, (), entry(node)) for node, name in self.own.items())),
        )

    def node(self, name: str) -> Node | None:
        """The operation of that name; None for a leaf."""
        return next((node for node in self.nodes if node.name == name), None)


def scalar_model(
    model: Model,
    sizes: Mapping[str, int] | None = None,
    *,
    wrt: Iterable[str] | None = None,
    values: Mapping[str, Any] | None = None,
    first: int = 1,
) -> Model:
    """The loss of one sample with a scalar for every entry, an equation for every operation; see `scalar_network`."""
    return scalar_network(model, sizes, wrt=wrt, values=values, first=first).model


def scalar_network(
    model: Model,
    sizes: Mapping[str, int] | None = None,
    *,
    wrt: Iterable[str] | None = None,
    values: Mapping[str, Any] | None = None,
    first: int = 1,
) -> ScalarNetwork:
    """The loss of one sample in single operations, to be derived by the tensors in `wrt`, else by all parameters.

    `sizes` gives each size by name, `values` the tensors that serve as indices; `first` is what first entries are
    called, 1 or 0.

    Raises:
        UsageError: a size without a value, or a network too large to be read.
        UnknownNameError: a size or a tensor that the model lacks.
    """
    single = model.one_sample()
    known = _sizes(model, single, sizes or {})
    check_entries(single, known)
    names = leaf_names(single, known, first)
    graph = graph_of(single, known, values or {}, names)
    asked = _asked(single, wrt, names)
    wanted = tuple(
        name for which, name in names.items() if name in graph.leaves and (which[0] in asked or name in asked)
    )
    count = size_of_graph(graph)
    if count <= COMPLETE:
        cut = Cut(graph, {})
    else:
        wanted = _one_of_each(graph, wanted)
        cut = on_the_way(graph, wanted, _entry_names(single, known, names, first))
    if size_of_graph(cut.graph) > MOST:
        raise UsageError(
            f"{model.name} has {count:,} operations at these sizes",
            because=f"Even those on which one entry of each parameter acts are more than {MOST:,}.",
            fix="Choose smaller sizes: the formulas of every entry are the same.",
            name=model.name,
        )
    entries = _entry_names(single, known, names, first)
    unused = size_names(model.tensors, model.samples, model.size_facts) | {model.root}
    return _network(single, known, cut, wanted, count, count <= COMPLETE, graph, unused, entries)


def _sizes(model: Model, single: Model, given: Mapping[str, int]) -> dict[Symbol, int]:
    """The sizes as numbers."""
    names = size_names(model.tensors, model.samples, model.size_facts)
    for name, value in given.items():
        if name not in names:
            has = f"Its sizes are {', '.join(sorted(names))}." if names else "All its sizes are numbers."
            raise UnknownNameError(f"the model has no size {name}", fix=suggestion(name, names) or has, name=name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise UsageError(f"the size {name} is {value!r}", fix="Give a whole number of at least 1.", name=name)
    needed = size_names(single.tensors, None, ())
    missing = sorted(needed - set(given))
    if missing:
        shown = ", ".join(f'"{name}": 2' for name in missing)
        raise UsageError(
            f"the scalar level needs a number for {_listed('size', missing)}",
            because="Every entry stands by itself there, so there must be so many of them.",
            fix=f"Give sizes={{{shown}}}, or on the command line {' '.join(f'--size {n}=2' for n in missing)}.",
            name=missing[0],
        )
    known = {size(name): value for name, value in given.items()}
    _check_facts(single, known)
    return known


def _listed(word: str, names: list[str]) -> str:
    return f"the {word} {names[0]}" if len(names) == 1 else f"the {word}s {', '.join(names[:-1])} and {names[-1]}"


def _check_facts(model: Model, sizes: Mapping[Symbol, int]) -> None:
    for fact in model.size_facts:
        if fact.free_symbols <= set(sizes) and evaluate(fact, {}, sizes, EXACT) < 0:
            given = ", ".join(f"{symbol} = {value}" for symbol, value in sizes.items())
            raise UsageError(
                f"the model says {fact} >= 0, which fails at {given}", fix="Choose other sizes.", name=str(fact)
            )
    for tensor in model.tensors:
        if any(extent < 1 for extent in extents(model, tensor.name, sizes)):
            shape = ", ".join(map(str, tensor.shape))
            raise ShapeError(f"{tensor.name}[{shape}] has no entries at these sizes", fix="Choose larger sizes.")


def _asked(model: Model, wrt: Iterable[str] | None, names: Mapping[Entry, str]) -> frozenset[str]:
    """The tensors, or single entries, to derive by."""
    if wrt is None:
        return frozenset(tensor.name for tensor in model.parameters)
    leaves = [tensor.name for tensor in model.tensors if not model.defines(tensor.name) and not tensor.integer]
    asked = frozenset(wrt)
    for name in sorted(asked - set(leaves) - set(names.values())):
        known = [*leaves, *names.values()]
        fix = suggestion(name, known) or f"Its leaves are {', '.join(leaves)}; every node on the way is shown too."
        raise UnknownNameError(f"the scalar level has no leaf {name} to derive by", fix=fix, name=name)
    return asked


def _one_of_each(graph: Graph, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The first entry of each tensor."""
    first: dict[str, str] = {}
    for name in wanted:
        first.setdefault(graph.leaves[name][0], name)
    return tuple(first.values())


def _entry_names(model: Model, sizes: Mapping[Symbol, int], names: Mapping[Entry, str], first: int) -> dict[Entry, str]:
    """Names for the entries of every tensor: `a1_2` for one of an intermediate."""
    found = dict(names)
    taken = set(names.values())
    for equation in model.equations:
        for position in positions(model, equation.tensor, sizes):
            name = "_".join([equation.tensor, *(str(first + place) for place in position)])
            while name in taken:
                name += "_"
            taken.add(name)
            found[equation.tensor, position] = name
    return found


def _network(
    source: Model,
    sizes: Mapping[Symbol, int],
    cut: Cut,
    wanted: tuple[str, ...],
    count: int,
    complete: bool,
    graph: Graph,
    unused: Iterable[str],
    entries: Mapping[Entry, str],
) -> ScalarNetwork:
    """The operations in twos, with their letters, as a model."""
    operations = in_order(in_twos(cut.graph))
    letters = node_names(source, cut.graph, len(operations), unused)
    names = dict(zip((operation.name for operation in operations), letters, strict=True))
    renaming: dict[Expr, Expr] = {entry(old): entry(new) for old, new in names.items()}
    nodes = _nodes(operations, names, renaming, cut.graph)
    leaves = _leaves(source, cut, wanted, nodes)
    root = renaming.get(cut.graph.root, cut.graph.root)
    model = Model(
        tensors=(
            *(_tensor(source, leaf) for leaf in leaves),
            *(Tensor(node.name, (), "intermediate") for node in nodes),
        ),
        equations=(*(Equation(node.name, (), node.value) for node in reversed(nodes)), Equation(source.loss, (), root)),
        loss=source.loss,
        functions=source.functions,
        name=source.name,
    )
    own = _own_names(nodes, model, entries, source.root)
    return ScalarNetwork(source, dict(sizes), model, nodes, leaves, wanted, count, complete, graph, cut, own)


def _own_names(nodes: tuple[Node, ...], model: Model, entries: Mapping[Entry, str], root: str) -> dict[str, str]:
    """The name of the entry that each node is, where it is one; an entry that is the only one goes by its tensor."""
    taken = {tensor.name for tensor in model.tensors}
    alone = Counter(tensor for tensor, _ in entries)
    found: dict[str, str] = {}
    for node in nodes:
        of = next((of for of in reversed(node.means) if of[0] != root), None)
        name = None if of is None else of[0] if alone[of[0]] == 1 else entries[of]
        if name is not None and name not in taken:
            taken.add(name)
            found[node.name] = name
    return found


def _nodes(
    operations: tuple[Operation, ...], names: Mapping[str, str], renaming: Mapping[Expr, Expr], graph: Graph
) -> tuple[Node, ...]:
    users: dict[Expr, list[str]] = {}
    for operation in operations:
        for symbol in dict.fromkeys(operation.operands):
            users.setdefault(symbol, []).append(names[operation.name])
    return tuple(
        Node(
            name=names[operation.name],
            word=operation.word,
            operands=tuple(renaming.get(symbol, symbol) for symbol in operation.operands),
            value=replaced(operation.value, renaming) if operation.value is not None else entry(operation.name),
            users=tuple(users.get(entry(operation.name), ())),
            means=graph.means.get(operation.name, ()),
        )
        for operation in operations
    )


def _leaves(source: Model, cut: Cut, wanted: tuple[str, ...], nodes: tuple[Node, ...]) -> tuple[Leaf, ...]:
    """The leaves that the nodes read, in the order of their declaration; what stands for a value is constant."""
    users: dict[str, list[str]] = {}
    for node in nodes:
        for symbol in dict.fromkeys(s for s in node.operands if isinstance(s, Symbol)):
            users.setdefault(symbol.name, []).append(node.name)
    found = []
    for name, of in cut.graph.leaves.items():
        role = source.tensor(of[0]).role
        shown: Role = "constant" if role == "parameter" and name not in wanted else role
        found.append(Leaf(name, shown, of, tuple(users.get(name, ()))))
    for name, value in cut.given.items():
        means = cut.graph.means.get(str(value[0][1]), ()) if len(value) == 1 else ()
        found.append(Leaf(name, "constant", means[-1] if means else None, tuple(users.get(name, ()))))
    return tuple(found)


def _tensor(source: Model, leaf: Leaf) -> Tensor:
    """The leaf as a scalar tensor, with those facts that speak of single entries."""
    kinds: dict[FactKind, FactKind] = {"binary": "binary", "one_hot": "binary", "positive": "positive"}
    facts = source.tensor(leaf.of[0]).facts if leaf.of is not None else ()
    own: list[FactKind] = [kinds[fact.kind] for fact in facts if fact.kind in kinds]
    return Tensor(leaf.name, (), leaf.role, tuple(Fact(leaf.name, kind) for kind in dict.fromkeys(own)))
