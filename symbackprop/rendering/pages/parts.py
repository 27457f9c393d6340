"""What the template of a page is given beside its document."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from symbackprop.derivation.derivation import Derivation
from symbackprop.evaluation.evaluation import Evaluation
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.writing.mathml import STYLE
from symbackprop.rendering.environment import templates
from symbackprop.rendering.formulas import formulas_of
from symbackprop.rendering.pages.fonts import font_faces
from symbackprop.rendering.pages.forms import forms_of
from symbackprop.rendering.pages.program import program, sliders
from symbackprop.rendering.pages.symbols import Meanings, meanings

SCRIPTS = ("symbols", "scrolling", "graph", "switches", "sweep", "computing", "numbers")
"""The files of the page's script, in their order."""


def page_parts(
    derivation: Derivation, conventions: Conventions, evaluation: Evaluation | None, digits: int
) -> dict[str, object]:
    """The style of formulas, fonts, forms by entries, numbers, what symbols mean as JSON, and the script with its hash.

    Nothing in the JSON or in the script can end the element that it stands in.
    """
    single = derivation.one_sample or derivation
    one = None if evaluation is None else evaluation.one_sample or evaluation
    moved = () if one is None else sliders(formulas_of(single, conventions, "html"), one)
    computed = {"one": one, "all": evaluation} if derivation.one_sample is not None else {"one": one}
    numbers = program({part: e for part, e in computed.items() if e is not None} if moved else {}, digits)
    text = script(numbers)
    return {
        "math_style": STYLE,
        "fonts": font_faces(),
        "forms": forms_of(derivation, conventions, evaluation, digits),
        "script": text,
        "script_hash": base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii"),
        "sliders": moved if numbers != "null" else (),
        "sample_side": derivation.source.samples.side if derivation.source.samples is not None else "",
        "symbols": as_json(_symbols(derivation, conventions)),
    }


def _symbols(derivation: Derivation, conventions: Conventions) -> dict[str, Meanings]:
    """What the symbols mean, by the part of the page that they stand in."""
    single = derivation.one_sample
    parts = {"one": derivation} if single is None else {"one": single, "all": derivation}
    return {part: meanings(formulas_of(d, conventions, "html")) for part, d in parts.items()}


def as_json(data: object) -> str:
    """JSON that may stand within a `script` element."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def script(numbers: str) -> str:
    """The script of a page: its files within one function, so that they share their names and leave none behind.

    `numbers` is the program that computes the page's numbers.
    """
    folder = Path(templates()) / "page"
    files = "\n".join((folder / f"{name}.js").read_text("utf-8").strip() for name in SCRIPTS)
    return f'"use strict";\n(() => {{\nconst program = {numbers};\n{files}\n}})();'
