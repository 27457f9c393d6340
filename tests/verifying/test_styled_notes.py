"""Notes in the manners of textbooks, lectures, answers and programs: each statement gets the verdict that it deserves.

Each file of `notes/` holds the verdicts in order (p proved, d defined, c convention, r refuted), the model, and the
note. Their formulas are known results of their fields; what is wrong in them was made so, or is another convention.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import symbackprop as sb

FOLDER = Path(__file__).parent / "notes"


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_every_statement_gets_its_verdict(name: str, tmp_path: Path) -> None:
    expected, model, note = (FOLDER / f"{name}.txt").read_text("utf-8").split("----\n")
    marked = any(sign in note for sign in ("$", "|", "\\["))
    path = tmp_path / f"note.{'md' if marked else 'txt'}"
    path.write_text(note, "utf-8")
    report = sb.verify(sb.parse(model), path)
    found = [str(verdict) for verdict in report.verdicts]
    assert "".join(str(verdict.status)[0] for verdict in report.verdicts) == expected.strip(), "\n".join(found)
