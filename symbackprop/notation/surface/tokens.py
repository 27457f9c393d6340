r"""Tokens of a formula, the same for LaTeX and for plain text, and the tables of signs and letters behind both lexers.

Each sign and each letter stands in one table with all its spellings: `\cdot`, `⋅` and `·` are the token `·`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Literal

from symbackprop.notation.source import Span

Kind = Literal[
    "number", "letter", "word", "prose", "sign", "script", "prime", "open", "close", "bar", "big", "accent", "command",
    "dots", "lead", "begin", "end", "row", "cell", "stop",
]  # fmt: skip
r"""`letter` is one character of a run, as LaTeX has them; `word` a whole one. `open` and `close` have the empty text
for the braces of LaTeX; `begin` and `end` are matrices and cases. `lead` stands between two statements: ⇒. `stop` ends
all.
"""

Space = Literal["", " ", "thin", "gap", "row"]
r"""What stands before a token: nothing; white space; `\,` or the like; `\quad` or wide space; the start of a row."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `font` is that of a letter or a word; `sized` marks brackets behind `\\left` and `\\right`."""

    kind: Kind
    text: str
    span: Span
    space: Space = ""
    font: str = ""
    sized: bool = False

    def is_sign(self, *texts: str) -> bool:
        return self.kind == "sign" and self.text in texts

    def is_any(self, texts: frozenset[str]) -> bool:
        return self.kind == "sign" and self.text in texts

    def is_prose(self, *texts: str) -> bool:
        return self.kind == "prose" and self.text in texts


def _spellings(rows: Iterable[tuple[str, str, str]]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """By characters and by commands, what each row of `name, characters, commands` names."""
    rows = tuple(rows)
    characters = {spelling: name for name, spellings, _ in rows for spelling in spellings.split()}
    commands = {spelling: name for name, _, spellings in rows for spelling in spellings.split()}
    return MappingProxyType(characters), MappingProxyType(commands)


SIGNS, SIGN_COMMANDS = _spellings(
    (
        ("+", "+", ""),
        ("-", "- − –", ""),
        ("±", "±", "pm"),
        ("∓", "∓", "mp"),
        ("*", "* ∗", "ast"),
        ("⊙", "⊙ ∘ ◦ .*", "odot circ bullet"),
        ("×", "×", "times"),
        ("·", "· ⋅ ∙ •", "cdot cdotp"),
        ("@", "@", ""),
        ("⊗", "⊗", "otimes"),
        ("/", "/ ÷ ⊘ ./ ∕", "div oslash slash"),
        ("=", "=", ""),
        ("==", "==", ""),
        (":=", ":= ≔ ≜", "coloneqq coloneq triangleq doteq"),
        ("=:", "=: ≕", "eqqcolon"),
        ("≡", "≡", "equiv"),
        ("≈", "≈ ~= ≃ ≅", "approx simeq cong"),
        ("≠", "≠ !=", "ne neq"),
        ("<", "<", "lt"),
        ("≤", "≤ <= ⩽", "le leq leqslant leqq"),
        (">", ">", "gt"),
        ("≥", "≥ >= ⩾", "ge geq geqslant geqq"),
        ("≪", "≪", "ll"),
        ("≫", "≫", "gg"),
        ("∈", "∈", "in"),
        ("∉", "∉", "notin"),
        ("⊂", "⊂ ⊆", "subset subseteq"),
        ("←", "← <-", "gets leftarrow longleftarrow"),
        ("→", "→ -> ↦", "to rightarrow longrightarrow mapsto"),
        ("∝", "∝", "propto"),
        ("∼", "∼ ~", "sim"),
        ("+=", "+=", ""),
        ("-=", "-= −=", ""),
        ("*=", "*=", ""),
        ("/=", "/=", ""),
        (",", ",", ""),
        (";", ";", ""),
        (":", ":", "colon"),
        (".", ".", ""),
        ("..", "..", ""),
        ("|", "∣", "mid"),
    )
)
"""Signs by the characters that write them, and by the commands."""

GREEK: Mapping[str, str] = MappingProxyType(
    dict(
        alpha="α", beta="β", gamma="γ", delta="δ", epsilon="ε", zeta="ζ", eta="η", theta="θ", iota="ι", kappa="κ",
        mu="μ", nu="ν", xi="ξ", omicron="ο", pi="π", rho="ρ", sigma="σ", tau="τ",
        upsilon="υ", phi="φ", chi="χ", psi="ψ", omega="ω", varsigma="ς",
        Gamma="Γ", Delta="Δ", Theta="Θ", Lambda="Λ", Xi="Ξ", Pi="Π", Sigma="Σ", Upsilon="Υ", Phi="Φ", Psi="Ψ",
        Omega="Ω", **{"lambda": "λ"},
    )
)  # fmt: skip
"""Greek letters by name."""

LETTERS, LETTER_COMMANDS = _spellings(
    (
        *((name, letter, name) for name, letter in GREEK.items()),
        ("mu", "µ", ""),
        ("Omega", "Ω", ""),
        ("Delta", "∆", "triangle"),
        ("epsilon", "ϵ", "varepsilon"),
        ("theta", "ϑ", "vartheta"),
        ("phi", "ϕ", "varphi"),
        ("rho", "ϱ", "varrho"),
        ("pi", "ϖ", "varpi"),
        ("kappa", "ϰ", "varkappa"),
        ("ell", "ℓ", "ell"),
        ("i", "ı", "imath"),
        ("j", "ȷ", "jmath"),
        ("∂", "∂ 𝜕 𝛛 𝝏", "partial"),
        ("∇", "∇ 𝛁 ▽", "nabla bigtriangledown triangledown"),
        ("⊤", "⊤", "top intercal"),
        ("∞", "∞", "infty"),
        ("⋆", "⋆ ★", "star"),
        ("†", "†", "dagger"),
        ("𝟏", "𝟏 𝟙 𝟭", ""),
        ("ℝ", "ℝ", ""),
        ("∅", "∅", "emptyset varnothing"),
    )
)
"""Letters, and signs that serve as letters, by the characters and by the commands that write them."""

CLOSING: Mapping[str, str] = MappingProxyType(
    {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "⌊": "⌋", "⌈": "⌉", "|": "|", "‖": "‖", "": "", ".": "."}
)
"""What closes each opening bracket; `.` is the bracket that nobody sees, `\\left.`."""
OPENINGS: Mapping[str, str] = MappingProxyType({closing: opening for opening, closing in CLOSING.items()})

BIG = frozenset({"sum", "prod", "max", "min", "argmax", "argmin"})
"""Words that are big operators where limits stand at them."""

JOINING = frozenset({"and"})
CONCLUDING = frozenset({"hence", "thus", "therefore"})
QUANTIFIERS = ("for each", "for all", "for every", "for any", "for")
PROSE = frozenset({"if", "else", "otherwise", "for", "where", "and", "or", "since", "because", "when", "with"})
"""Words of prose wherever they stand: they end an expression."""

ACCENTS: Mapping[str, str] = MappingProxyType(
    {"\u0302": "hat", "\u0304": "bar", "\u0305": "bar", "\u0303": "tilde", "\u20d7": "vec", "\u0307": "dot"}
)
"""Accents by their combining characters."""

PRIMES: Mapping[str, int] = MappingProxyType({"'": 1, "′": 1, "’": 1, "ʹ": 1, "″": 2, "‴": 3})


def _decomposed(mark: str) -> Mapping[str, str]:
    """The characters that Unicode holds for others, raised or lowered, with what they stand for."""
    places = chain(
        (0xAA, 0xB2, 0xB3, 0xB9, 0xBA),
        range(0x2B0, 0x2E5),
        range(0x1D2C, 0x1DC0),
        range(0x2070, 0x20A0),
        (0x2C7C, 0x2C7D),
    )
    parts = {chr(place): unicodedata.decomposition(chr(place)).split() for place in places}
    return MappingProxyType({c: chr(int(part[1], 16)) for c, part in parts.items() if part[:1] == [mark]})


RAISED = _decomposed("<super>")
"""`²` is 2, `ᵀ` is T, `⁽` is (."""
LOWERED = _decomposed("<sub>")
"""`₁` is 1, `ᵢ` is i."""

FRACTIONS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
        "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
    }
)  # fmt: skip


def styled(character: str) -> tuple[str, str]:
    """A letter of another alphabet as a plain letter and its font: `𝐖` is W in bold, `ℒ` is L in script."""
    name = unicodedata.name(character, "")
    if "DOUBLE-STRUCK" in name or len(plain := unicodedata.normalize("NFKC", character)) != 1:
        return character, ""
    if plain == character:
        return plain, ""
    return plain, "bold" if "BOLD" in name else "cal" if "SCRIPT" in name or "FRAKTUR" in name else ""
