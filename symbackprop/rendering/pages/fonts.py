"""The fonts of a page, inlined: subsets that `templates/fonts/subset.py` made."""

from __future__ import annotations

import base64
from functools import lru_cache
from pathlib import Path

from symbackprop.rendering.environment import templates

FONTS = (("STIX Two Math", "math", "400"), ("Page Serif", "serif", "400 650"), ("Inter", "sans", "400 650"))
"""For each the name in the style of a page, its file, and its weights."""


@lru_cache(maxsize=1)
def font_faces() -> str:
    """The rules that bring the fonts, a line each; no address in them leads out of the page."""
    return "\n".join(_face(*font) for font in FONTS)


def _face(family: str, file: str, weights: str) -> str:
    data = base64.b64encode((Path(templates()) / "fonts" / f"{file}.woff2").read_bytes()).decode("ascii")
    source = f'url(data:font/woff2;base64,{data}) format("woff2")'
    return f'@font-face{{font-family:"{family}";font-weight:{weights};src:{source}}}'
