r"""Every error a user can meet. Each says what is wrong, where, and how to mend it, in the user's own names.

SymbackpropError
├── ModelError                  the equations cannot mean a model
│   ├── UnknownNameError        a name that nothing declares
│   ├── DuplicateNameError      one name declared or defined twice
│   ├── ShapeError              sizes or ranks that do not fit
│   ├── IndexRangeError         an index with two ranges, or a read outside a tensor
│   ├── CycleError              a tensor that needs itself
│   ├── LossError               a loss that is missing or no scalar
│   └── UnreachableError        a parameter that cannot reach the loss
├── NotationError               text that cannot be read
│   └── LimitError              text longer, deeper or larger than the reader's bounds
├── DerivationError             a derivative that cannot be formed
├── RenderError                 a formula or document that cannot be made
├── WriteError                  a file that cannot be written
├── DataError                   a file of data that does not fit the model
├── ArgumentError               an argument of a compiled function that does not fit
├── TrainingError               a descent that leads nowhere
└── UsageError                  a call or an option that makes no sense
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

_WIDTH = 120  # of a line that is shown whole


@dataclass(frozen=True, slots=True)
class Location:
    """A span of one line of the user's text; `line` and `column` count from 1."""

    source: str
    line: int
    column: int
    length: int
    text: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}"

    def caret(self) -> str:
        """The line of text, of a long one the part around the span, with a caret under the span."""
        start = max(0, self.column - 1 - _WIDTH // 2) if len(self.text) > _WIDTH else 0
        shown = self.text[start : start + _WIDTH]
        before, after = "… " if start else "", " …" if start + _WIDTH < len(self.text) else ""
        left = before + self.text[start : self.column - 1]
        pad = "".join("\t" if character == "\t" else " " for character in left)
        length = min(self.length, start + len(shown) - self.column + 1)
        return f"    {before}{shown}{after}\n    {pad}{'^' * max(1, length)}"


class SymbackpropError(Exception):
    """What is wrong (`what`), the place (`where`), the reason (`because`) and the mend (`fix`)."""

    def __init__(
        self,
        what: str,
        *,
        where: Location | None = None,
        because: str | None = None,
        fix: str | None = None,
        name: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.because = because
        self.fix = fix
        self.name = name
        super().__init__(what)

    def located(self, where: Location | None) -> SymbackpropError:
        """The same error with a place, where it has none yet."""
        if self.where is None:
            self.where = where
        return self

    def __str__(self) -> str:
        place = f", {self.where}" if self.where else ""
        lines = [f"{type(self).__name__}: {self.what}{place}"]
        if self.where:
            lines.append(self.where.caret())
        lines.extend(f"  {line}" for line in (self.because, self.fix) if line)
        return "\n".join(lines)


class ModelError(SymbackpropError):
    """The equations cannot mean a model."""


class UnknownNameError(ModelError):
    """A name that nothing declares."""


class DuplicateNameError(ModelError):
    """One name declared or defined twice."""


class ShapeError(ModelError):
    """Sizes or ranks that do not fit."""


class IndexRangeError(ModelError):
    """An index used with two ranges, or a read outside a tensor."""


class CycleError(ModelError):
    """A tensor that needs itself, with no time index to break the circle."""


class LossError(ModelError):
    """A loss that is missing, or that is no scalar."""


class UnreachableError(ModelError):
    """A parameter on which the loss does not depend."""


class NotationError(SymbackpropError):
    """Text that cannot be read."""


class LimitError(NotationError):
    """Text longer, deeper or larger than the reader's bounds."""


class DerivationError(SymbackpropError):
    """A derivative that cannot be formed."""


class RenderError(SymbackpropError):
    """A formula or document that cannot be made."""


class WriteError(SymbackpropError):
    """A file that cannot be written."""


class DataError(SymbackpropError):
    """A file of data that cannot be read, or that does not fit the model."""


class ArgumentError(SymbackpropError):
    """An argument of a compiled function that does not fit; `name` says which."""


class TrainingError(SymbackpropError):
    """A descent that leads nowhere: a cost that is no longer a finite number."""


class UsageError(SymbackpropError):
    """A call or an option that makes no sense."""


def suggestion(name: str, known: Iterable[str]) -> str | None:
    """`Did you mean W1?`: the known name nearest to `name`, if one is near."""
    candidates = sorted(set(known))
    begun = [candidate for candidate in candidates if len(name) > 2 and candidate.startswith(name)]
    near = begun[:1] or difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    if not near:
        near = [candidate for candidate in candidates if candidate.lower() == name.lower()]
    return f"Did you mean {near[0]}?" if near else None


def check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Whether `value` is one of the choices for what is called `name`.

    Raises:
        UsageError: it is none of them.
    """
    known = tuple(map(str, choices))
    if value not in known:
        raise UsageError(
            f"there is no {name} {value!r}",
            because=f"The choices are {', '.join(known)}.",
            fix=suggestion(value, known),
            name=value,
        )
