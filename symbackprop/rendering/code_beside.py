"""The lines of the compiled function beside what they compute: the forward pass, and each step of the way back."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from types import MappingProxyType

from symbackprop.compiling.compiled import Compiled
from symbackprop.compiling.compiled import compile as compiled_function
from symbackprop.compiling.sources.listing import Passage
from symbackprop.derivation.derivation import Derivation
from symbackprop.evaluation.choosing import evaluation_for
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.rendering.cells import check_cell, values_cell
from symbackprop.rendering.records import Item, Part

_LATIN = 0x180  # letters beyond these are unknown to pdflatex without packages for their script


@dataclass(frozen=True, slots=True)
class PartCode:
    """The code of one part of a document, as strings of the format.

    `steps` has the lines of a step by its number in the derivation; a step that the program does not need has none.
    `whole` is there in place of `forward` and `steps` where the part does not tell every step. `closing` is the last
    statement, with the loss and the gradients. A notebook, where all of it runs, has beside that the `program` with the
    function, the `values` of what it takes, the `check`, and by step the name whose value is `shown`; elsewhere these
    are empty.
    """

    forward: str
    steps: Mapping[str, str]
    whole: str
    closing: str
    program: str = ""
    values: str = ""
    check: str = ""
    shown: Mapping[str, str] = field(default_factory=dict)

    def beside(self, items: Sequence[Item]) -> str:
        """The lines of steps that are told together, in a notebook with the last of what they compute."""
        numbers = [item.step for item in items if item.step in self.steps]
        last = [self.shown[number] for number in numbers[-1:] if number in self.shown]
        return "\n".join([*(self.steps[number] for number in numbers), *(f"\n{name}" for name in last)])


def code_beside(
    derivation: Derivation, parts: Sequence[Part], format: str, evaluation: Evaluation | None = None
) -> Mapping[str, PartCode]:
    """The code of each part of a document by the part's id: of one sample's loss, and of the cost over all samples.

    A notebook has the values of the `evaluation`, or small ones by the seed 0.

    Raises:
        UsageError: a function that has no formula; for a notebook, more numbers than one holds.
    """
    single = derivation.one_sample
    derivations = {"one": derivation if single is None else single, "all": derivation}
    compiled = {part.id: _compiled(derivations[part.id]) for part in parts}
    if format != "ipynb":
        return {part.id: _told(compiled[part.id], part, _SPELLED[format]) for part in parts}
    found = evaluation or evaluation_for(derivation)
    evaluations = {"one": found.one_sample or found, "all": found}
    return {part.id: _running(compiled[part.id], part, evaluations[part.id]) for part in parts}


def _compiled(derivation: Derivation) -> Compiled:
    return compiled_function(derivation.source if derivation.sampled else derivation.model, wrt=_derived_by(derivation))


def _told(compiled: Compiled, part: Part, spelled: Callable[[str], str]) -> PartCode:
    """The lines to be read."""
    listing = compiled.listing
    steps = {number: [line for p in found for line in p.lines] for number, found in _by_step(listing.backward).items()}
    whole = [line for passage in (*listing.forward, *listing.backward) for line in passage.lines]
    told = _tells(part, steps)
    return PartCode(
        forward=spelled("\n".join(line for passage in listing.forward for line in passage.lines)) if told else "",
        steps={number: spelled("\n".join(lines)) for number, lines in steps.items()} if told else {},
        whole="" if told else spelled("\n".join(whole)),
        closing=spelled("\n".join(listing.closing)),
    )


def _running(compiled: Compiled, part: Part, evaluation: Evaluation) -> PartCode:
    """The lines to be run, those of a step followed by the name of what they compute, so that its value is shown."""
    listing = compiled.listing
    told = _told(compiled, part, str)
    opening = "\n".join(listing.opening)
    names = {number: found[-1].name for number, found in _by_step(listing.backward).items()}
    return replace(
        told,
        forward=f"{opening}\n\n{told.forward}\n\n{listing.forward[-1].name}" if told.forward else "",
        shown=names,
        whole=f"{opening}\n\n{told.whole}" if told.whole else "",
        closing=told.closing.replace("return ", "loss, gradients = ", 1) + "\n\nloss",
        program=compiled.source.rstrip(),
        values=values_cell(compiled, evaluation),
        check=check_cell(compiled, evaluation),
    )


def _tells(part: Part, steps: Mapping[str, object]) -> bool:
    """Whether a part tells every step that has lines."""
    return steps.keys() <= {item.step for item in part.items}


def _derived_by(derivation: Derivation) -> list[str] | None:
    """The tensors that the loss is derived by: those that no equation gives, or the last one; None for parameters."""
    names = [step.tensor for step in derivation.steps]
    given = [name for name in names if not derivation.model.defines(name)]
    if given and set(given) == {tensor.name for tensor in derivation.model.parameters}:
        return None
    return given or names[-1:]


def _by_step(found: Iterable[Passage]) -> dict[str, list[Passage]]:
    """The passages by the step beside which they stand.

    The steps are told in their order, and so are the lines: what stands behind the lines of a later step is told there.
    """
    steps: dict[str, list[Passage]] = {}
    at = 0
    for passage in found:
        at = max(at, min(map(int, passage.steps), default=at))
        steps.setdefault(str(at), []).append(passage)
    return steps


def _in_latex(code: str) -> str:
    """Letters that pdflatex lacks by their names, as σ is sigma; nothing else has a meaning in verbatim."""
    return "".join(c if ord(c) < _LATIN else unicodedata.name(c, "?").split()[-1].lower() for c in code)


_SPELLED: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"md": str, "tex": _in_latex, "html": escape, "typ": str}
)
