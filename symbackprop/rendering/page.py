"""What a page has beside its document: its script with the hash that lets it run, and what the symbols mean."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from symbackprop.notation.writing.mathml import STYLE
from symbackprop.rendering.environment import templates


def page_parts(tips: Mapping[str, str]) -> dict[str, str]:
    """The style of formulas, the script of a page with its SHA-256 for the policy, and what symbols mean as JSON.

    Nothing in the JSON can end the element that it stands in.
    """
    script = (Path(templates()) / "page.js").read_text("utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    symbols = json.dumps(tips, ensure_ascii=False, sort_keys=True)
    safe = symbols.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return {"math_style": STYLE, "script": script, "script_hash": digest, "symbols": safe}
