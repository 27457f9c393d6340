r"""Worksheets: a derivation with blanks to fill in, or with one mistake to find, each with its key.

The lines are those of the derivation. What a sheet with a mistake shows is judged by `verify` before it is written: the
line with the mistake is refuted, all others are proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from random import Random

from symbackprop.algebra.matrices.lifting import lift
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import Formula, Step
from symbackprop.derivation.sweep import derive
from symbackprop.errors import UsageError, check_choice
from symbackprop.model.model import Model
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.layout import Chain, Glyph, Name
from symbackprop.notation.writing.mathml import STYLE
from symbackprop.notation.writing.matrix_layout import formula
from symbackprop.rendering.environment import environment
from symbackprop.rendering.formulas import Formulas, formulas_of
from symbackprop.verifying.diagnosis.mistakes import mistakes_of
from symbackprop.verifying.diagnosis.places import Kind as Wrong
from symbackprop.verifying.diagnosis.places import Mistake
from symbackprop.verifying.verdicts import Report, Status
from symbackprop.verifying.verify import verify

FORMATS = ("md", "tex", "html")
LEVELS = ("both", "index")
_DULL = frozenset({Wrong.FACTOR, Wrong.TERM, Wrong.SAMPLES})  # slips of the pen for the most part
TRIED = 60  # mistakes, before there is said to be none that shows


class Kind(StrEnum):
    """What is to be done on a sheet."""

    BLANKS = "blanks"  # fill in about every second result
    MISTAKE = "mistake"  # find the one line that is wrong


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet: its number, what it derives, the formula, and whether that is to be worked on."""

    number: int
    adjoint: str
    shown: str
    right: str
    asked: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a worksheet and its key show. `mistake` says in words what is wrong in the line that is asked for."""

    name: str
    kind: Kind
    root: str
    forward: str
    lines: tuple[Line, ...]
    mistake: str = ""

    @property
    def asked(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.asked)


@dataclass(frozen=True, slots=True)
class Exercise:
    """The texts of a worksheet and of its key."""

    sheet: str
    key: str


def exercise(
    model: Model,
    *,
    kind: str = "blanks",
    seed: int = 0,
    format: str = "md",
    level: str = "both",
    all_samples: bool = False,
    conventions: Conventions | None = None,
) -> Exercise:
    """A worksheet on the gradients of a model, and its key; the same `seed` gives the same.

    Of kind "blanks" about every second result is left out; of kind "mistake" one line is wrong. It is about one sample
    unless `all_samples` are wanted. A Markdown or LaTeX sheet that was filled in may be given to `verify`.

    Raises:
        UsageError: an unknown kind, format or level, or a model in which no mistake could be made that shows.
    """
    check_choice("kind", kind, tuple(Kind))
    check_choice("format", format, FORMATS)
    check_choice("level", level, LEVELS)
    whole = derive(model)
    derivation = whole if all_samples or whole.one_sample is None else whole.one_sample
    page = formulas_of(derivation, conventions or Conventions(), format)
    maker = _Maker(derivation, page, level, Random(seed))
    sheet = maker.blanks() if kind == Kind.BLANKS else maker.mistake(model)
    return Exercise(*(_filled(format, sheet, key) for key in (False, True)))


@dataclass(frozen=True, slots=True)
class _Maker:
    derivation: Derivation
    formulas: Formulas
    level: str
    random: Random

    def blanks(self) -> Sheet:
        """About every second result, one at least, is left out."""
        steps = self.derivation.steps
        chosen = set(self.random.sample(range(len(steps)), max(1, len(steps) // 2)))
        lines = tuple(
            replace(line, shown=self._blank(step), asked=True) if place in chosen else line
            for place, (line, step) in enumerate(zip(self._lines(), steps, strict=True))
        )
        return self._sheet(Kind.BLANKS, lines)

    def mistake(self, model: Model) -> Sheet:
        """One line is wrong, as `verify` says of the same sheet in Markdown."""
        plain = replace(self, formulas=replace(self.formulas, format="md"))
        for place, side, mistake in islice(self._candidates(), TRIED):
            sheet = plain._with(place, side, mistake)
            report = verify(model, _filled("md", sheet, False), conventions=self.formulas.names.conventions)
            if _shows_one(report):
                return self._with(place, side, mistake)
        raise UsageError(
            "no mistake was found that shows in this model",
            because=f"{TRIED} were tried in its {len(self.derivation.steps)} lines.",
            fix="Take --kind blanks, or another --seed.",
        )

    def _candidates(self) -> Iterator[tuple[int, Formula, Mistake]]:
        """Mistakes that can be written as the lines are, in an order that the seed gives; those of reasoning first."""
        found = [
            (place, mistake)
            for place, step in enumerate(self.derivation.steps)
            for mistake in islice(mistakes_of(self.derivation, step.tensor), TRIED)
        ]
        self.random.shuffle(found)
        for place, mistake in sorted(found, key=lambda each: each[1].kind in _DULL):
            side = self._mistaken(self.derivation.steps[place], mistake)
            if side is not None:
                yield place, side, mistake

    def _mistaken(self, step: Step, mistake: Mistake) -> Formula | None:
        """The wrong result as its line would show it; None where it has no such form."""
        _, right = self.formulas.result(step, self.level)
        if right is step.after:
            return mistake.array.expression
        return lift(mistake.array, self.derivation.space)

    def _with(self, place: int, side: Formula, mistake: Mistake) -> Sheet:
        step = self.derivation.steps[place]
        left, right = self.formulas.result(step, self.level)
        index = mistake.array.indices if right is step.after else ()
        shown = self.formulas.chain(left if not index else step.left, side)
        lines = tuple(
            replace(line, shown=shown, asked=True) if n == place else line for n, line in enumerate(self._lines())
        )
        return replace(self._sheet(Kind.MISTAKE, lines), mistake=self.formulas.plain(mistake.sentence))

    def _lines(self) -> Iterator[Line]:
        for number, step in enumerate(self.derivation.steps, start=1):
            shown = self.formulas.chain(*self.formulas.result(step, self.level))
            yield Line(number, self.formulas.adjoint(step.tensor), shown, shown, False)

    def _blank(self, step: Step) -> str:
        left, _ = self.formulas.result(step, self.level)
        names = self.formulas.names
        blank = Name(Glyph("____", "____", verbatim=True))
        return self.formulas.spelling.layout(Chain((formula(left, names), blank)), names)

    def _sheet(self, kind: Kind, lines: Sequence[Line]) -> Sheet:
        d = self.derivation
        forward = self.formulas.block([self.formulas.result(step, self.level) for step in d.forward])
        return Sheet(
            self.formulas.plain(d.source.name or ""), kind, self.formulas.tensor(d.root), forward, tuple(lines)
        )


def _shows_one(report: Report) -> bool:
    """Whether one line is refuted, with the mistake named, and all others are proved."""
    wrong = [verdict for verdict in report.verdicts if verdict.status is Status.REFUTED]
    others = [v for v in report.verdicts if v.status not in (Status.REFUTED, Status.PROVED, Status.DEFINED)]
    return len(wrong) == 1 and bool(wrong[0].diagnosis) and not others


def _filled(format: str, sheet: Sheet, key: bool) -> str:
    return environment().get_template(f"exercise.{format}.jinja").render(sheet=sheet, key=key, math_style=STYLE)
