r"""`Model`: equations with a loss, validated when it is made; with samples also the cost over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from sympy import Expr
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.space import ScalarFunction, Space
from symbackprop.algebra.symbols import entry, index, tensor_of, total
from symbackprop.errors import UnknownNameError, suggestion
from symbackprop.model.batching import batched_parts
from symbackprop.model.forms import standard_equation, standard_tensor
from symbackprop.model.functions import FUNCTIONS
from symbackprop.model.listing import listing
from symbackprop.model.ordering import forward_order
from symbackprop.model.reads import Read, reads_of
from symbackprop.model.records import ROLES, Equation, Role, Samples, Tensor
from symbackprop.model.validation import (
    check_declarations,
    check_definitions,
    check_reach,
    check_reads,
    check_results,
    check_samples,
    size_names,
)


@dataclass(frozen=True, repr=False)
class Model:
    """Equations per sample, a loss, and maybe samples with a cost over them.

    `cost` stands in batched form: it reads the loss of each sample, L[s], and what all samples share. Tensors that the
    equations carry with them need not be listed again; the loss and the cost need no tensor.

    Raises:
        ModelError: the equations mean no model; which of its kinds, in `validation`.
    """

    tensors: tuple[Tensor, ...]
    equations: tuple[Equation, ...]
    loss: str
    samples: Samples | None = None
    cost: Equation | None = None
    size_facts: tuple[Expr, ...] = ()
    functions: Mapping[str, ScalarFunction] = field(default_factory=lambda: FUNCTIONS, hash=False)
    name: str = "model"
    order: tuple[Equation, ...] = field(init=False, compare=False)
    space: Space = field(init=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "functions", MappingProxyType({**FUNCTIONS, **self._own_functions()}))
        put(self, "tensors", tuple(map(standard_tensor, self._all_tensors())))
        check_samples(self.samples)
        check_declarations(self.tensors, self.samples, self.size_facts, self.functions)
        check_definitions(self.tensors, self.equations)
        shapes = {tensor.name: tensor.shape for tensor in self.tensors}
        taken = tuple(map(index, (*shapes, *sorted(size_names(self.tensors, self.samples, self.size_facts)))))
        put(self, "equations", tuple(standard_equation(e, shapes, taken) for e in self.equations))
        check_results(self.tensors, self.equations, self.loss, self.samples, self.cost is not None)
        put(self, "space", self._space())
        reads = {e.tensor: self._reads(e, self.tensors, self.space) for e in self.equations}
        if self.cost is not None:
            put(self, "cost", standard_equation(self.cost, {}, taken))
            reads[self.cost.tensor] = self._reads_of_cost()
        put(self, "order", forward_order(self.equations, reads, self.space))
        check_reach(self.equation(self.root), self.tensors, reads)

    def _own_functions(self) -> dict[str, ScalarFunction]:
        """The functions given, and those that the equations carry with them."""
        found = {s.name: s for e in self._given() for s in e.sources if isinstance(s, ScalarFunction)}
        return {**found, **self.functions}

    def _given(self) -> tuple[Equation, ...]:
        return self.equations if self.cost is None else (*self.equations, self.cost)

    def _all_tensors(self) -> tuple[Tensor, ...]:
        """The tensors given, those that the equations carry with them, and the loss and the cost."""
        found = list(self.tensors)
        carried = [source for e in self._given() for source in e.sources if isinstance(source, Tensor)]
        for tensor in sorted(carried, key=lambda t: ROLES.index(t.role)):
            if tensor not in found and not any(t.name == tensor.name and t.role in ("loss", "cost") for t in found):
                found.append(tensor)
        roles: dict[str, Role] = {self.loss: "loss"}
        if self.cost is not None:
            roles[self.cost.tensor] = "cost"
        names = {tensor.name for tensor in found}
        defined = {equation.tensor for equation in self._given()}
        found += [Tensor(name, (), role) for name, role in roles.items() if name in defined - names]
        return tuple(
            replace(t, role=roles[t.name]) if t.role == "intermediate" and t.name in roles else t for t in found
        )

    def _reads(self, equation: Equation, tensors: tuple[Tensor, ...], space: Space) -> tuple[Read, ...]:
        """What the equation reads, checked."""
        ranges = dict(zip(equation.indices, space.shapes[equation.tensor], strict=True))
        reads = reads_of(equation.expression, ranges)
        check_reads(equation, reads, {t.name: t for t in tensors}, self.functions, space)
        return reads

    def _reads_of_cost(self) -> tuple[Read, ...]:
        """What the cost reads, checked against the shapes of all samples."""
        assert self.samples is not None
        assert self.cost is not None
        tensors, _, _ = batched_parts(self.tensors, self.equations, self.loss, self.samples, self.cost)
        space = Space(shapes={t.name: t.shape for t in tensors}, size_facts=self.size_facts)
        return self._reads(self.cost, tensors, space)

    def _space(self) -> Space:
        shapes = {tensor.name: tensor.shape for tensor in self.tensors}
        return Space(
            shapes=shapes,
            facts=tuple(fact for tensor in self.tensors for fact in tensor.facts),
            size_facts=self.size_facts,
            functions=self.functions,
            definitions={e.tensor: Array(e.indices, shapes[e.tensor], e.expression) for e in self.equations},
        )

    @property
    def root(self) -> str:
        """What is differentiated: the cost, or the loss where there is no cost."""
        return self.loss if self.cost is None else self.cost.tensor

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        return tuple(tensor for tensor in self.tensors if tensor.role == "parameter")

    def defines(self, name: str) -> bool:
        """Whether an equation gives the tensor."""
        return name in self.space.definitions

    def tensor(self, name: str) -> Tensor:
        """The tensor of that name.

        Raises:
            UnknownNameError: there is none.
        """
        for tensor in self.tensors:
            if tensor.name == name:
                return tensor
        raise UnknownNameError(
            f"there is no tensor {name}", fix=suggestion(name, [t.name for t in self.tensors]), name=name
        )

    def equation(self, name: str) -> Equation:
        """The equation that gives the tensor of that name.

        Raises:
            UnknownNameError: no equation gives it.
        """
        for equation in self.equations:
            if equation.tensor == name:
                return equation
        if self.cost is not None and self.cost.tensor == name:
            return self.cost
        raise UnknownNameError(
            f"no equation defines {name}", fix=suggestion(name, [e.tensor for e in self.equations]), name=name
        )

    def batched(self) -> Model:
        """The same network over all samples at once, the cost as its loss; itself where there are no samples."""
        if self.samples is None:
            return self
        tensors, equations, loss = batched_parts(self.tensors, self.equations, self.loss, self.samples, self.cost)
        return self._derived(tensors, equations, loss)

    def one_sample(self) -> Model:
        """The loss of one sample alone, without samples and cost."""
        if self.samples is None:
            return self
        cost = None if self.cost is None else self.cost.tensor
        tensors = tuple(tensor for tensor in self.tensors if tensor.name != cost)
        return self._derived(tensors, self.equations, self.loss)

    def rewritten(
        self, tensors: tuple[Tensor, ...], equations: tuple[Equation, ...], functions: tuple[ScalarFunction, ...] = ()
    ) -> Model:
        """This model, without samples, with other valid equations in standard form, given in forward order."""
        model = self._derived(tensors, equations, self.root)
        object.__setattr__(model, "order", equations)
        known = MappingProxyType({**self.functions, **{function.name: function for function in functions}})
        object.__setattr__(model, "functions", known)
        object.__setattr__(model, "space", replace(model.space, functions=known))
        return model

    def _derived(self, tensors: tuple[Tensor, ...], equations: tuple[Equation, ...], loss: str) -> Model:
        """Another reading of this model, without samples: valid and in standard form as it stands."""
        model = object.__new__(Model)
        by_name = {equation.tensor: equation for equation in equations}
        names = [equation.tensor for equation in self.order]
        given = {
            "tensors": tensors,
            "equations": equations,
            "loss": loss,
            "samples": None,
            "cost": None,
            "size_facts": self.size_facts,
            "functions": self.functions,
            "name": self.name,
            "order": tuple(by_name[name] for name in dict.fromkeys((*names, *by_name))),
        }
        for name, value in given.items():
            object.__setattr__(model, name, value)
        object.__setattr__(model, "space", model._space())
        return model

    def __repr__(self) -> str:
        return listing(self)


def cost_of(loss: str, samples: Samples, kind: Literal["mean", "sum"], penalty: Array | None = None) -> Equation:
    r"""The cost \(J = \frac1m \sum_s L_s\) or \(\sum_s L_s\), plus a penalty on what all samples share."""
    whole = total(entry(loss, samples.index), (samples.index, samples.size))
    if kind == "mean":
        whole = whole / samples.size
    if penalty is None:
        return Equation("J", (), whole)
    return Equation("J", (), whole + penalty.expression, sources=penalty.sources)


def index_limits(model: Model) -> dict[str, tuple[Expr, ...]]:
    """For each integer tensor the sizes of the axes that its entries index."""
    found: dict[str, dict[Expr, None]] = {}
    for equation in model.order:
        for part in sorted(equation.expression.atoms(Indexed), key=str):
            for position, extent in zip(part.indices, model.space.shapes[str(tensor_of(part))], strict=True):
                name = tensor_of(position)
                if name is not None:
                    found.setdefault(name, {})[extent] = None
    return {name: tuple(extents) for name, extents in found.items()}
