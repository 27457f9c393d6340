"""Judges each formula of the three documents that symbackprop began with, and writes the table: docs/seeds/README.md.

`000.txt`, `001.txt` and `002.txt` have blocks of a remark, a model and lines `expected | formula`; a block is one note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import symbackprop as sb

HERE = Path(__file__).parent
TITLES = {
    "000": "Neural Network Backpropagation Derivation",
    "001": "Backpropagation in Neural Network",
    "002": "Deriving Backpropagation for Neural Networks",
}
INTRODUCTION = """# The formulas of the three documents

symbackprop began with three documents on deriving backpropagation. Here is each of their formulas, cleaned by hand
where the text doubles it, with the verdict that it should get, written before the check, and the verdict that
`sb.verify` gives. `python docs/seeds/table.py` writes this page, and a test keeps it true.

In 000 the formulas are pictures that the text does not have: what stands here is what its words describe. Its table of
what each sample adds to the gradient of W2 is [here](../examples/000_contributions.md). The numbered steps of 001 are
pictures too: here they are [for its network](../examples/001_linear_1_1_2_1_scalar.md), proved line by line, and
[for y = mx + c](../examples/001_line_scalar.md).
"""


@dataclass(frozen=True)
class Row:
    """One formula, the model it is judged beside, and what was said of it."""

    model: Path
    remark: str
    formula: str
    expected: str
    given: str
    scope: str


def rows(seed: str) -> Iterator[Row]:
    """The formulas of one document with their verdicts."""
    for block in (HERE / f"{seed}.txt").read_text(encoding="utf-8").split("\n\n"):
        lines = block.strip().splitlines()
        remark = lines[0].lstrip("# ")
        model = (HERE / lines[1].removeprefix("model ")).resolve()
        pairs = [line.partition(" | ")[::2] for line in lines[2:]]
        note = "\n".join(f"$${formula}$$" for _, formula in pairs)
        verdicts = sb.verify(sb.load(model), note).verdicts
        for (expected, formula), verdict in zip(pairs, verdicts, strict=True):
            yield Row(model, remark, formula, expected, str(verdict.status), verdict.scope)


def page() -> str:
    """The whole page as Markdown."""
    parts = [INTRODUCTION]
    for seed, title in TITLES.items():
        parts.append(f"## {seed}: {title}\n")
        remark = None
        for row in rows(seed):
            if row.remark != remark:
                remark = row.remark
                shown = row.model.relative_to(HERE.parent)
                parts.append(f"\n{remark} Model: [{shown}](../{shown}).\n")
                parts.append("| formula | expected | given | read for |\n| --- | --- | --- | --- |")
            parts.append(f"| $`{row.formula}`$ | {row.expected} | {row.given} | {row.scope} |")
        parts.append("")
    return "\n".join(parts).replace("\n\n\n", "\n\n")


if __name__ == "__main__":
    (HERE / "README.md").write_text(page(), encoding="utf-8")
