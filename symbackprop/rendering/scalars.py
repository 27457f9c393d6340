r"""A derivation at the scalar level as a document: the graph, the steps, the numbers, the cost, the update.

Nothing is computed here: every formula and every number stands in the derivation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sympy import Expr, Integer, S, Symbol

from symbackprop.algebra.binding import substitute
from symbackprop.algebra.lengths import size_of
from symbackprop.algebra.symbols import adjoint, entry
from symbackprop.derivation.graph import Entry, extents
from symbackprop.derivation.scalar_derivation import NodeStep, ScalarDerivation
from symbackprop.derivation.scalars import Node
from symbackprop.derivation.steps import Step
from symbackprop.model.records import Samples
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.glyphs import Nomenclature, nomenclature, with_letters
from symbackprop.notation.writing.latex import latex
from symbackprop.notation.writing.text import text_chain
from symbackprop.rendering.document import checks_in_words
from symbackprop.rendering.formulas import Formulas, formulas_of
from symbackprop.rendering.index_lines import how_checked
from symbackprop.rendering.tables import Table, alone

_ENTRIES = 12  # of a tensor that are listed by name
_TREE = 60  # nodes up to which the graph is drawn as a tree
_PUT_IN = 60  # nodes of a formula up to which it is shown before it is cancelled
_SIDE = 40  # letters of LaTeX up to which a local derivative is put into words


@dataclass(frozen=True, slots=True)
class Line:
    """A displayed formula, with how it was checked where every step is told."""

    math: str
    checked: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the graph as a tree: `again` if the node's own operands stand further up."""

    depth: int
    text: str
    math: str
    again: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One numbered step: the derivative by one node or leaf."""

    number: str
    title: str
    words: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ScalarDocument:
    """What the templates word."""

    title: str
    author: str
    lead: tuple[str, ...]
    symbols: Table
    wholes: tuple[str, ...]
    graph: Table
    tree: tuple[Branch, ...]
    items: tuple[Item, ...]
    gradients: tuple[str, ...]
    numbers: Table | None
    cost_words: str
    cost: tuple[str, ...]
    updates: tuple[str, ...]
    rate: str
    checks: tuple[str, ...]
    kinks: tuple[str, ...]


def scalar_document(
    found: ScalarDerivation, conventions: Conventions, format: str, detail: str, title: str = "", author: str = ""
) -> ScalarDocument:
    """The document of a derivation at the scalar level."""
    formulas = scalar_formulas(found, conventions, format)
    view = _View(found, formulas, _source_names(found, conventions), detail)
    return ScalarDocument(
        title=view.formulas.plain(title or f"Backpropagation, node by node: {found.network.source.name}"),
        author=view.formulas.plain(author),
        lead=tuple(view.lead()),
        symbols=view.symbols(),
        wholes=tuple(view.formulas.chain(left, right) for left, right in found.wholes),
        graph=view.graph(),
        tree=tuple(view.tree()),
        items=tuple(view.item(step) for step in found.steps),
        gradients=tuple(view.gradients()),
        numbers=None if found.numbers is None else view.numbers(),
        cost_words=view.cost_words(),
        cost=tuple(view.formulas.chain(step.left, step.after) for step in found.cost),
        updates=tuple(view.formulas.chain(step.left, step.after, sign=":=") for step in found.updates),
        rate=view.formulas.tensor(found.rate),
        checks=tuple(checks_in_words([found.derivation], ", at these sizes" if found.network.sizes else "")),
        kinks=tuple(dict.fromkeys(view.formulas.plain(k) for s in found.steps for t in s.locals for k in t.kinks)),
    )


def scalar_formulas(found: ScalarDerivation, conventions: Conventions, format: str) -> Formulas:
    """Writes what stands in the steps of a derivation at the scalar level."""
    space = found.derivation.space
    shapes = {**space.shapes, **dict.fromkeys(found.network.own.values(), ())}
    named = replace(found.derivation, space=replace(space, shapes=shapes))
    formulas = formulas_of(named, conventions, format)
    return replace(formulas, names=with_letters(formulas.names, found.network.source, _counted_samples(found)))


def _counted_samples(found: ScalarDerivation) -> Samples | None:
    """The samples, as many as the sizes say."""
    sizes: dict[Symbol, Expr] = {symbol: Integer(value) for symbol, value in found.network.sizes.items()}
    return None if found.samples is None else replace(found.samples, size=substitute(found.samples.size, sizes))


def _source_names(found: ScalarDerivation, conventions: Conventions) -> Nomenclature:
    source = found.network.source
    return nomenclature(conventions, source.space, tensors=source.tensors, root=source.root)


@dataclass(frozen=True, slots=True)
class _View:
    """Writes the parts of one document."""

    found: ScalarDerivation
    formulas: Formulas
    source: Nomenclature
    detail: str

    def math(self, expr: Expr) -> str:
        """A formula within a sentence."""
        return self.formulas.entry(expr)

    def entry(self, of: Entry) -> str:
        """An entry of the model by its own name; the only one of a tensor needs no index."""
        network = self.found.network
        alone = all(extent == 1 for extent in extents(network.source, of[0], network.sizes))
        return self.of_source(entry(of[0], *(() if alone else map(Integer, of[1]))))

    def of_source(self, of: Expr) -> str:
        """A formula by the names of the model, within a sentence."""
        return self.formulas.inline(self.formulas.spelling.formula(of, self.source))

    # what is shown

    def lead(self) -> Iterator[str]:
        network = self.found.network
        sizes = [f"{self.formulas.size(size)} = {value}" for size, value in network.sizes.items()]
        at = f", at the sizes {_listed(sizes)}" if sizes else ""
        root = self.formulas.tensor(network.model.root)
        of = " of one sample" if self.found.samples is not None else ""
        shown = f"{_counted(network.count, 'operation')} of one or two operands"
        if network.complete:
            yield f"This is {root}{of}{at}, taken apart into {shown}; each has a letter of its own."
            return
        entries = _listed([self.formulas.tensor(name) for name in network.wanted])
        yield f"This is {root}{of}{at}. It takes {shown}, more than anyone wants to read."
        yield (
            f"So one entry of each parameter stands for the others: {entries}. Shown are the"
            f" {_counted(len(network.nodes), 'operation')} on the way from these to {root}; every other entry is"
            " derived in the same way."
        )
        if any(name.startswith("rest") for name in network.cut.given):
            yield "The terms of a sum that do not depend on these entries are put together to one, called a rest."

    def symbols(self) -> Table:
        """The tensors that nothing defines, with the names of their entries."""
        groups: dict[str, list[str]] = {}
        for leaf in self.found.network.leaves:
            if leaf.of is not None:
                groups.setdefault(leaf.of[0], []).append(leaf.name)
        rows = []
        for tensor, names in groups.items():
            shown = [self.formulas.tensor(name) for name in names[:_ENTRIES]]
            more = f", and {len(names) - _ENTRIES} more" if len(names) > _ENTRIES else ""
            symbol = self.of_source(entry(tensor))
            rows.append((symbol, self.found.network.source.tensor(tensor).role, ", ".join(shown) + more))
        return Table(("symbol", "role", "entries"), (False,) * 3, tuple(rows))

    def graph(self) -> Table:
        """The nodes, the last one first."""
        rows = []
        for node in self.found.network.nodes:
            formula = self.formulas.inline(self.formulas.chain(entry(node.name), node.value))
            users = [self.formulas.tensor(name) for name in node.users] or [
                self.formulas.tensor(self.found.derivation.root)
            ]
            means = " = ".join(self.entry(of) for of in node.means)
            rows.append((formula, self.word(node), ", ".join(users), means))
        return Table(("node", "operation", "used by", "stands for"), (False,) * 4, tuple(rows))

    def word(self, node: Node) -> str:
        return self.formulas.plain(node.word.replace("_", " "))

    def tree(self) -> Iterator[Branch]:
        """The graph from the root, a node's operands under it where it stands first."""
        network = self.found.network
        if len(network.nodes) > _TREE:
            return
        nodes = {node.name: node for node in network.nodes}
        seen: set[str] = set()
        waiting = [(0, network.model.root)]
        while waiting:
            depth, name = waiting.pop()
            node = nodes.get(name)
            value = network.model.equation(name).expression
            again = name in seen
            sides = [entry(name)] if again else [entry(name), value]
            math = self.formulas.inline(self.formulas.chain(*sides))
            yield Branch(depth, text_chain(sides, self.formulas.names), math, again)
            seen.add(name)
            operands = (value,) if node is None else node.operands
            below = [s.name for s in dict.fromkeys(operands) if isinstance(s, Symbol) and s.name in nodes]
            waiting += [] if again else [(depth + 1, operand) for operand in reversed(below)]

    # the steps

    def item(self, step: NodeStep) -> Item:
        name = step.of.name
        title = self.math(step.step.left)
        if isinstance(step.of, Node):
            title += f", where {self.formulas.inline(self.formulas.chain(entry(name), step.of.value))}"
        else:
            title += f", the {step.of.role} {self.formulas.tensor(name)}"
        words = [*self.paths(step), *(self.effect(name, local) for local in step.locals)]
        lines = [*(self.local(local) for local in step.locals), self.chain(step)]
        if [local.through for local in step.locals] == [self.found.derivation.root]:
            lines = lines[:-1]  # the chain rule says no more than that
        if self.detail == "outline":
            words, lines = [], [lines[-1]]
        return Item(step.step.number, title, tuple(word for word in words if word), tuple(lines))

    def paths(self, step: NodeStep) -> Iterator[str]:
        """Why contributions are added, where there are several."""
        users = [self.formulas.tensor(local.through or "") for local in step.locals]
        if len(users) > 1:
            several = "both" if len(users) == 2 else f"all {len(users)}"
            by = _listed([f"by {user}" for user in users])
            name = self.formulas.tensor(step.of.name)
            yield f"{name} is used {by}, so its derivative is the sum over {several} paths."
        if not isinstance(step.of, Node) and step.of.role != "parameter":
            yield f"It is no parameter, so gradient descent does not need this: the {step.of.role} stays as it is."

    def effect(self, name: str, local: Step) -> str:
        """What a small change does, in words; nothing where the local derivative is a long formula."""
        user, slope = local.through or "", local.after
        if user == self.found.derivation.root:
            return f"{self.formulas.tensor(name)} is {self.formulas.tensor(user)} itself."
        change = f"A small change of {self.formulas.tensor(name)} changes {self.formulas.tensor(user)}"
        if slope in (S.One, S.NegativeOne):
            return f"{change} by just as much{'' if slope == 1 else ', the other way'}."
        written = latex(slope, names=self.formulas.names)
        if r"\begin" in written or len(written) > _SIDE:
            return ""
        return f"{change} by {self.math(slope)} times as much."

    def local(self, local: Step) -> Line:
        return Line(self.formulas.chain(local.left, local.after), self.checked(local))

    def checked(self, step: Step) -> str:
        return how_checked(step) if self.detail == "every-step" else ""

    def chain(self, step: NodeStep) -> Line:
        """The chain rule over every path, and what it comes to."""
        swept = step.forms[: step.forms.index(step.step.before) + 1]
        forms = (step.chain, *swept, *(form for form in step.own if size_of(form) <= _PUT_IN or form == step.own[-1]))
        written = {latex(form, names=self.formulas.names): form for form in forms[::-1]}
        forms = list(written.values())[::-1]
        last = step.step.substeps[-1] if step.step.substeps else step.step
        return Line(self.formulas.chain(step.step.left, *forms), self.checked(last))

    def gradients(self) -> Iterator[str]:
        for step in self.found.steps:
            if not isinstance(step.of, Node) and step.of.role == "parameter":
                yield self.formulas.chain(step.step.left, step.own[-1])

    # numbers

    def numbers(self) -> Table:
        """The value of each node and leaf, and the derivative by it."""
        known = self.found.numbers or {}
        derivative = {step.of.name: step.step for step in self.found.steps}
        network = self.found.network
        names = [*(leaf.name for leaf in network.leaves), *(node.name for node in reversed(network.nodes))]
        rows = []
        for name in names:
            value = self.formulas.number(alone(known[name]))
            slope = ("", "")
            if name in derivative:
                slope = (self.math(derivative[name].left), self.formulas.number(alone(known[adjoint(name)])))
            rows.append((self.formulas.tensor(name), value, *slope))
        return Table(("node", "value", "derivative", "its value"), (False, True, False, True), tuple(rows))

    # the cost

    def cost_words(self) -> str:
        samples = self.found.samples
        if samples is None or not self.found.cost:
            return ""
        count, cost = self.formulas.size(samples.size), self.formulas.tensor(self.found.cost[0].tensor)
        return (
            f"Over all {count} samples the cost is {cost}. A parameter acts on it through the loss of every sample,"
            " so the derivatives above, one for each sample, are put together in the same way."
        )


def _listed(parts: Iterable[str]) -> str:
    *front, last = parts
    return f"{', '.join(front)} and {last}" if front else last


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
