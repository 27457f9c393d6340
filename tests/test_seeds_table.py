"""The page of the three documents' formulas: every verdict is the one expected, and the page is what is given now."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

PLACE = Path(__file__).parents[1] / "docs" / "seeds" / "table.py"
page_now = runpy.run_path(str(PLACE))["page"]


@pytest.fixture(scope="module")
def page() -> str:
    return page_now()


def test_verdicts_are_those_expected(page: str) -> None:
    """In each row of the page the verdict given is the one that was written down before."""
    rows = [line.rsplit(" | ", 3) for line in page.splitlines() if line.startswith("| $")]
    assert len(rows) == sum(
        " | " in line for seed in PLACE.parent.glob("00?.txt") for line in seed.read_text().splitlines()
    )
    assert [row for row in rows if row[1] != row[2]] == []


def test_the_page_is_current(page: str) -> None:
    """The page in docs is what `sb.verify` says now."""
    assert PLACE.with_name("README.md").read_text(encoding="utf-8") == page


def test_links_lead_somewhere(page: str) -> None:
    """Each file that the page names is there."""
    for part in page.split("](")[1:]:
        assert (PLACE.parent / part.partition(")")[0]).exists(), part
