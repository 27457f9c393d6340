"""Conventions: how formulas look. Notation alone; no convention changes a value, a shape or a proof."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Literal, get_args, get_type_hints

from symbackprop.errors import UsageError, suggestion

LayerMark = Literal["[l]", "(l)", "plain"]
AdjointStyle = Literal["d", "partial", "nabla", "bar", "delta"]
TransposeSign = Literal["⊤", "T", "'"]
HadamardSign = Literal["⊙", "*"]
Stand = Literal["parameters", "adjoints"]
LocalDerivatives = Literal["folded", "primed"]
BatchLetters = Literal["capital", "same"]
SumBounds = Literal["full", "index"]
IndexBase = Literal[0, 1]


@dataclass(frozen=True, slots=True)
class Conventions:
    r"""One way of writing, with an example of each choice.

    layers               "[l]" \(W^{[1]}\), "(l)" \(W^{(1)}\), "plain" \(W_1\); plain text always says W1
    adjoint              "d" \(dW\), "partial" \(\partial L/\partial W\), "nabla" \(\nabla_W L\), "bar" \(\bar W\),
                         "delta" \(\delta\) for pre-activations z and \(\partial L/\partial W\) for the rest
    transpose            "⊤", "T" or "'"
    hadamard             "⊙" or "*"
    one_over_m           where the mean's 1/m stands: at the "parameters" or in all "adjoints"
    local_derivatives    "folded" \(a(1-a)\), "primed" \(\sigma'(z)\)
    batch                "capital" \(Z\) for the z of all samples, or the "same" letter
    sum_bounds           "full" \(\sum_{j=1}^{n}\), "index" \(\sum_j\) where the bounds can be told from a shape
    index_base           what the first entry is called: 1 or 0. Constants, bounds and guards are shown accordingly
    """

    layers: LayerMark = "[l]"
    adjoint: AdjointStyle = "d"
    transpose: TransposeSign = "⊤"
    hadamard: HadamardSign = "⊙"
    one_over_m: Stand = "parameters"
    local_derivatives: LocalDerivatives = "folded"
    batch: BatchLetters = "capital"
    sum_bounds: SumBounds = "full"
    index_base: IndexBase = 1

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices or isinstance(getattr(self, name), bool):
                raise _not_a_choice(name, getattr(self, name))

    @classmethod
    def named(cls, name: str) -> Conventions:
        """The conventions that go by `name`; the names are the keys of `PRESETS`.

        Raises:
            UsageError: no conventions go by this name.
        """
        if name not in PRESETS:
            raise UsageError(
                f"there are no conventions named {name!r}",
                because=f"The named conventions are: {', '.join(PRESETS)}.",
                fix=suggestion(name, PRESETS),
                name=name,
            )
        return PRESETS[name]

    def having(self, **choices: object) -> Conventions:
        """These conventions with some choices changed.

        Raises:
            UsageError: an unknown convention, or an unknown choice.
        """
        for name in sorted(choices):
            if name not in CHOICES:
                raise UsageError(
                    f"there is no convention {name!r}",
                    because=f"The conventions are: {', '.join(CHOICES)}.",
                    fix=suggestion(name, CHOICES),
                    name=name,
                )
        return replace(self, **choices)


def _choices() -> dict[str, tuple[object, ...]]:
    hints = get_type_hints(Conventions)
    return {field.name: get_args(hints[field.name]) for field in fields(Conventions)}


def _not_a_choice(name: str, value: object) -> UsageError:
    choices = ", ".join(repr(choice) for choice in CHOICES[name])
    known = [choice for choice in CHOICES[name] if isinstance(choice, str)]
    return UsageError(
        f"{value!r} is no choice for the convention {name!r}",
        because=f"The choices are: {choices}.",
        fix=suggestion(str(value), known),
        name=name,
    )


CHOICES = MappingProxyType(_choices())
"""Each convention and its choices, the default one not necessarily first."""

PRESETS = MappingProxyType(
    {
        "default": Conventions(),
        "partial": Conventions(adjoint="partial"),
        "textbook": Conventions(layers="(l)", adjoint="delta", transpose="T", local_derivatives="primed"),
        "calculus": Conventions(layers="plain", adjoint="partial", transpose="'", one_over_m="adjoints"),
        "autodiff": Conventions(layers="plain", adjoint="bar", one_over_m="adjoints"),
        "code": Conventions(layers="plain", transpose="T", hadamard="*", sum_bounds="index", index_base=0),
    }
)
"""Conventions by name: what deeplearning courses, calculus books, papers on differentiation and programs write."""
