"""Makes the fonts of a page: subsets with the characters of derivations, as woff2 files beside this script.

    python subset.py STIXTwoMath-Regular.ttf source-serif-4-latin-wght-normal.woff2 inter-latin-wght-normal.woff2

The first is in the wheel of `ziamath` on PyPI, the others in npm's `@fontsource-variable/source-serif-4` and
`@fontsource-variable/inter`. It needs `fonttools` and `brotli`. All three are under the SIL Open Font License 1.1,
whose text stands in the OFL files; as it demands of changed versions, the subsets do not bear reserved names.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).parent
WEIGHTS = (400, 650)
"""The weights that a page uses, of the variable fonts."""

TEXT = [*range(0x20, 0x7F), *range(0xA0, 0x180), *map(ord, "–—‘’“”…•′″−×·→←↑↓≤≥≠≈∂σ")]
MATH = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *range(0x391, 0x3D7),  # Greek, upright
    *map(ord, "ℎℓℝıȷϵϑϰϕϱϖˆ¯˜`´˘˙¨ˇ′″‴−–…⋯⋮⋱"),
    *map(ord, "∀∂∃∇∈∉∏∑√∞∧∨∩∪∫≈≠≡≤≥≪≫⊂⊆⊗⊕⊙⊤⋅∘∗∼≔→←↔↦⇒×÷±·⌈⌉⌊⌋‖∣|⟨⟩ᵀ"),
    *range(0x2061, 0x2065),
    *range(0x1D400, 0x1D468),  # bold and italic Latin letters
    *range(0x1D49C, 0x1D4D0),  # script
    *range(0x1D6A8, 0x1D71C),  # dotless letters, bold and italic Greek
]


def subset(source: str, target: str, name: str, characters: list[int]) -> None:
    """Writes the subset of one font under another name; the MATH table keeps what stretches."""
    font = TTFont(source)
    options = Options()
    options.layout_features = ["ccmp", "ssty", "kern", "liga", "locl", "mark", "tnum", "dtls"]
    options.hinting = False
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    if "fvar" in font:
        font = instantiateVariableFont(font, {"wght": WEIGHTS})
    for record in font["name"].names:
        if record.nameID in (1, 4, 6):
            record.string = name if record.nameID != 6 else name.replace(" ", "")
    font.flavor = "woff2"
    font["head"].modified = font["head"].created  # the same bytes at every run
    font.recalcTimestamp = False
    font.save(HERE / target)
    print(f"{target}: {(HERE / target).stat().st_size} bytes")


if __name__ == "__main__":
    math, serif, sans = sys.argv[1:]
    subset(math, "math.woff2", "Derivation Math", MATH)
    subset(serif, "serif.woff2", "Derivation Serif", TEXT)
    subset(sans, "sans.woff2", "Derivation Sans", TEXT)
