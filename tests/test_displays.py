"""What objects show of themselves: in Jupyter by its methods, and briefly in print."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

import symbackprop as sb
from symbackprop.errors import UsageError

MODEL = sb.parse(
    "size n\ninput x[n]\ntarget y[2]\nsamples m in rows\nparameter W[2,n]\na = tanh(W x)\n"
    "loss L = squared_error(a, y)\ncost J = mean(L)\n"
)
DERIVATION = sb.derive(MODEL)
SCALARS = sb.scalars(MODEL, {"n": 2})
COMPILED = sb.compile(MODEL)
REPORT = sb.verify(MODEL, "da = 2 (a - y)\ndz = <b>\nda = 3 (a - y)\n")
BY_SAMPLE = sb.contributions(MODEL, "W", {"x": [[1, 2]], "y": [[0, 1]], "W": [[0.1, 0.2], [0.3, 0.4]]})


def shown(thing: object, form: str) -> str:
    return getattr(thing, f"_repr_{form}_")()


@pytest.mark.parametrize("thing", [DERIVATION, SCALARS, COMPILED, REPORT, BY_SAMPLE], ids=lambda t: type(t).__name__)
def test_print_is_one_short_line(thing: object) -> None:
    """No more than a line of a terminal and a half."""
    line = repr(thing)
    assert line.startswith("<") and line.endswith(">") and "\n" not in line and len(line) < 160


def test_print_says_what_there_is() -> None:
    """The count of steps is that of the sentence at the end of the document."""
    text = str(sb.render(DERIVATION))
    counted = re.search(r"- (\d+) steps: proved", text)
    assert counted is not None
    assert (
        repr(DERIVATION)
        == f"<Derivation of J in model: {len(DERIVATION.steps)} adjoints, {counted[1]} steps, all proved>"
    )
    unchecked = repr(sb.derive(MODEL, checks=False))
    assert "not checked" in unchecked and "proved" not in unchecked
    assert "1 refuted" in repr(REPORT)
    assert "1 sample adds" in repr(BY_SAMPLE)


@pytest.mark.parametrize("thing", [DERIVATION, SCALARS, BY_SAMPLE], ids=lambda t: type(t).__name__)
def test_documents(thing: sb.Derivation) -> None:
    """Jupyter reads Markdown with dollars, which a fence of mathematics is not."""
    assert shown(thing, "markdown") == sb.render(thing, dialect="dollar")
    assert "```math" not in shown(thing, "markdown")


def test_code() -> None:
    assert shown(COMPILED, "markdown") == f"```python\n{COMPILED.source}```"


def test_a_model_shows_its_forward_equations() -> None:
    """They are those of the document's forward section, for one sample."""
    latex = shown(MODEL, "latex")
    section = str(sb.render(DERIVATION)).split("### Forward\n\n```math\n")[1].split("\n```")[0]
    assert latex == f"$$\n{section}\n$$"


class _Rows(HTMLParser):
    """The cells of a table, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def test_a_report_shows_its_verdicts() -> None:
    """A row for each line; what a note says stays words, whatever signs it has."""
    reader = _Rows()
    reader.feed(shown(REPORT, "html"))
    assert len(reader.rows) == 1 + len(REPORT.verdicts)
    assert [row[2] for row in reader.rows[1:]] == [verdict.claim for verdict in REPORT.verdicts]
    assert "b" not in reader.tags


def test_numbers_from_the_public_face() -> None:
    """`evaluate` gives what the compiled function gives at the same values; `seeded` are these values."""
    values = sb.seeded(MODEL, seed=4)
    found = sb.evaluate(DERIVATION, seed=4)
    loss, gradients = COMPILED(values.arrays)
    assert found.loss == pytest.approx(loss, rel=1e-12)
    assert found.gradient("W") == pytest.approx(gradients["W"], rel=1e-12)
    with pytest.raises(UsageError, match=r"evaluate\(\) has no argument 'sed'"):
        sb.evaluate(DERIVATION, sed=4)  # type: ignore[call-arg]
    with pytest.raises(UsageError, match=r"model of seeded\(\) is of the type Derivation"):
        sb.seeded(DERIVATION)  # type: ignore[arg-type]
