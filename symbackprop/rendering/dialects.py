"""Dialects of Markdown: how formulas are marked off from words."""

from __future__ import annotations

import re
from collections.abc import Iterator

DIALECTS = ("github", "dollar")
"""With fences of mathematics, as GitHub and GitLab have it; with dollars alone, as MyST, notebooks and pandoc do."""

_FENCE = re.compile(r"\s*(`{3,}|~{3,})(\w*)")
_INLINE = re.compile(r"\$`(.+?)`\$")


def in_dialect(text: str, dialect: str) -> str:
    """A Markdown document of ours, which is in the dialect of GitHub, in another one; code stays as it is."""
    return text if dialect == "github" else "\n".join(_with_dollars(text.split("\n")))


def _with_dollars(lines: list[str]) -> Iterator[str]:
    fence = ""  # of the block that the line stands in: "" for none, "$$" for a formula
    for line in lines:
        mark = _FENCE.match(line)
        if fence == "$$":
            closes = mark is not None
            yield line.replace("```", "$$") if closes else line
            fence = "" if closes else fence
        elif fence:
            yield line
            fence = "" if line.strip() == fence else fence
        elif mark is not None:
            fence = "$$" if mark[2] == "math" else mark[1]
            yield line.replace("```math", "$$") if fence == "$$" else line
        else:
            yield _INLINE.sub(r"$\1$", line)
