"""Worksheets: what a student is given, and that `verify` judges it as the key says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import symbackprop as sb
from symbackprop.cli import main
from symbackprop.errors import UsageError
from symbackprop.exercises.exercise import exercise
from symbackprop.verifying.verdicts import Status

NETWORK = """
size n, k
input x[n]
target y[k]
samples m in rows
z = dense(x, 3, tanh)
o = dense(z, k)
loss L = half_squared_error(o, y)
cost J = mean(L)
"""
BLANK = r"\mathrm{\_\_\_\_}"


@pytest.fixture(scope="module")
def model() -> sb.Model:
    return sb.parse(NETWORK)


def blocks(text: str) -> list[str]:
    return re.findall(r"```math\n(.*?)\n```", text, re.DOTALL)


@pytest.mark.parametrize("seed", [0, 3])
def test_blanks_are_about_half_and_the_key_fills_them(model: sb.Model, seed: int) -> None:
    made = exercise(model, seed=seed)
    sheet, key = blocks(made.sheet), blocks(made.key)
    open_ones = [place for place, block in enumerate(sheet) if BLANK in block]
    assert len(sheet) == len(key) and len(open_ones) == (len(key) - 1) // 2
    given = [place for place in range(len(key)) if place not in open_ones]
    assert [sheet[place] for place in given] == [key[place] for place in given]
    assert sb.verify(model, made.key).ok
    filled = made.sheet
    for place in open_ones:
        filled = filled.replace(sheet[place], key[place], 1)
    assert BLANK not in filled and sb.verify(model, filled).ok


def test_what_is_not_filled_in_is_said_to_be_so(model: sb.Model) -> None:
    report = sb.verify(model, exercise(model, seed=1).sheet)
    waiting = [v for v in report.verdicts if v.status is Status.UNREADABLE]
    assert waiting and not report.ok
    assert all("nothing is filled in here" in v.because for v in waiting)
    assert "nothing is filled in" in str(sb.verify(model, "dz = ____\ndW = dz x^T"))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_one_mistake_is_where_the_key_says(model: sb.Model, seed: int) -> None:
    made = exercise(model, kind="mistake", seed=seed)
    (asked,) = re.findall(r"On the sheet line (\d+) was wrong", made.key)
    report = sb.verify(model, made.sheet)
    wrong = [v for v in report.verdicts if v.status is Status.REFUTED]
    assert len(wrong) == 1 and wrong[0].diagnosis
    heading = made.sheet.splitlines()[wrong[0].line - 4]
    assert heading.startswith(f"**{asked}."), (heading, asked)
    assert sb.verify(model, made.key).ok


def test_the_seed_alone_decides(model: sb.Model) -> None:
    for kind in ("blanks", "mistake"):
        texts = [exercise(model, kind=kind, seed=seed) for seed in (5, 5, 6, 7)]
        assert texts[0] == texts[1]
        assert len({text.sheet for text in texts}) > 1


def test_all_samples(model: sb.Model) -> None:
    made = exercise(model, all_samples=True, level="index")
    assert r"\sum_{s=1}^{m}" in made.key and sb.verify(model, made.key).ok


def test_a_page_is_well_formed_and_runs_nothing(model: sb.Model) -> None:
    text = exercise(model, format="html").sheet
    assert "<script" not in text and "default-src 'none'" in text
    body = re.sub(r"<(meta)([^>]*)>", r"<\1\2/>", text.split("<!doctype html>")[1])
    ElementTree.fromstring(re.sub(r"<style>.*?</style>", "", body, flags=re.DOTALL))


@pytest.mark.latex
def test_a_sheet_compiles(model: sb.Model, tmp_path: Path) -> None:
    made = exercise(model, kind="mistake", format="tex")
    for name, text in (("sheet", made.sheet), ("key", made.key)):
        (tmp_path / f"{name}.tex").write_text(text, encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "Overfull \\hbox" not in done.stdout


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("kind", "gaps", "blanks, mistake"), ("format", "pdf2", "md, tex, html"), ("level", "scalar", "both, index")],
)
def test_unknown_choices_name_the_known_ones(model: sb.Model, option: str, value: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        exercise(model, **{option: value})


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "net.model").write_text(NETWORK, encoding="utf-8")
    run = CliRunner().invoke

    def said(*arguments: str) -> tuple[int, str]:
        result = run(main, ["exercise", str(tmp_path / "net.model"), *arguments])
        return result.exit_code, result.output

    sheet, key = tmp_path / "sheet.md", tmp_path / "sheet-key.md"
    assert said("-o", str(sheet))[0] == 0 and BLANK in sheet.read_text() and BLANK not in key.read_text()
    code, text = said("-o", str(tmp_path / "sheet.odt"))
    assert code == 2 and ".md, .tex, .html" in text
    code, text = said("-o", str(sheet), "--key", str(tmp_path / "key.tex"))
    assert code == 2 and "two formats" in text
    code, text = said("-o", str(sheet), "--key", str(sheet))
    assert code == 2 and "the sheet and its key" in text
