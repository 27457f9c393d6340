r"""`Model`: equations with a loss, validated when it is made; with samples also the cost over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from sympy import Expr

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.space import ScalarFunction, Space
from symbackprop.algebra.symbols import entry, total
from symbackprop.errors import UnknownNameError, suggestion
from symbackprop.model.batching import batched_parts
from symbackprop.model.forms import standard_equation, standard_tensor
from symbackprop.model.functions import FUNCTIONS
from symbackprop.model.listing import listing
from symbackprop.model.ordering import forward_order
from symbackprop.model.records import Equation, Samples, Tensor


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

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "functions", MappingProxyType({**FUNCTIONS, **self.functions}))
        put(self, "tensors", tuple(map(standard_tensor, self._with_results())))
        shapes = {tensor.name: tensor.shape for tensor in self.tensors}
        put(self, "equations", tuple(standard_equation(e, shapes) for e in self.equations))
        put(self, "cost", None if self.cost is None else standard_equation(self.cost, shapes))
        put(self, "order", forward_order(self.equations, shapes, self.size_facts))
        put(self, "space", self._space())

    def _with_results(self) -> tuple[Tensor, ...]:
        names = {tensor.name for tensor in self.tensors}
        found = list(self.tensors)
        if self.loss not in names:
            found.append(Tensor(self.loss, (), "loss"))
        if self.cost is not None and self.cost.tensor not in names:
            found.append(Tensor(self.cost.tensor, (), "cost"))
        return tuple(found)

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
        return Model(tensors, equations, loss, None, None, self.size_facts, self.functions, self.name)

    def one_sample(self) -> Model:
        """The loss of one sample alone, without samples and cost."""
        if self.samples is None:
            return self
        cost = None if self.cost is None else self.cost.tensor
        tensors = tuple(tensor for tensor in self.tensors if tensor.name != cost)
        return Model(tensors, self.equations, self.loss, None, None, self.size_facts, self.functions, self.name)

    def __repr__(self) -> str:
        return listing(self)


def cost_of(
    loss: str, samples: Samples, kind: Literal["mean", "sum"], penalty: Array | None = None, name: str = "J"
) -> Equation:
    r"""The cost \(J = \frac1m \sum_s L_s\) or \(\sum_s L_s\), plus a penalty on what all samples share."""
    whole = total(entry(loss, samples.index), (samples.index, samples.size))
    if kind == "mean":
        whole = whole / samples.size
    if penalty is None:
        return Equation(name, (), whole)
    return Equation(name, (), whole + penalty.expression, sources=penalty.sources)
