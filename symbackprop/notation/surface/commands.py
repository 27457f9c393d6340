r"""What the commands of LaTeX mean to the lexer: fonts, brackets, environments, words, and what is passed over.

Signs and letters stand with their other spellings in `tokens`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from symbackprop.notation.source import Span
from symbackprop.notation.surface.tokens import LETTER_COMMANDS, SIGN_COMMANDS, Kind, Token


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _each(text: str, meaning: str) -> dict[str, str]:
    return dict.fromkeys(text.split(), meaning)


UPRIGHT = _names(
    """log ln lg exp tanh sinh cosh coth sin cos tan cot sec csc sech arcsin arccos arctan max min arg argmax argmin sup
    inf lim det dim ker tr Tr trace rank diag Diag sgn sign softmax sigmoid relu ReLU rowsum colsum Pr Var Cov mod id"""
)
"""Words that stand upright without `\\mathrm`."""

FONTS: Mapping[str, str] = MappingProxyType(
    _each("mathbf boldsymbol bm pmb bf bfseries mathbfit", "bold")
    | _each("mathrm mathsf mathtt mathup rm sf tt operatorname operatorname*", "upright")
    | _each("mathcal mathscr mathfrak cal scr frak", "cal")
    | _each("mathbb mathbbm mathds Bbb", "double")
    | _each("mathit mathnormal it mit", "")
)
SWITCHES = _names("bf bfseries rm sf tt cal scr frak it mit")
"""Fonts that hold up to the end of the group."""

PROSE_COMMANDS = _names("text textrm textup textnormal mbox hbox textit textbf textsf texttt textsc intertext")
STYLED = _names(
    """boxed fbox bbox cancel bcancel xcancel smash underline uline ensuremath vcenter mathop mathord
    mathclap mathllap mathrlap"""
)
"""Commands whose argument is read as it stands."""

STRUCTURES: Mapping[str, str] = MappingProxyType(
    _each("frac dfrac tfrac cfrac nicefrac sfrac", "frac")
    | _each("underbrace overbrace underbracket overbracket", "brace")
    | {"sqrt": "sqrt", "over": "over"}
)
ACCENT_COMMANDS: Mapping[str, str] = MappingProxyType(
    _each("hat widehat", "hat")
    | _each("bar overline", "bar")
    | _each("tilde widetilde", "tilde")
    | _each("vec overrightarrow", "vec")
    | {"dot": "dot", "ddot": "ddot", "check": "check", "breve": "breve", "mathring": "ring"}
)
SET_OVER = _names("overset stackrel underset")
ARROWS: Mapping[str, str] = MappingProxyType({"xrightarrow": "→", "xleftarrow": "←"})
DOTS = _names("dots ldots cdots dotsc dotsb dotsm dotso vdots ddots")
LEADS = _names(
    """Rightarrow Longrightarrow implies therefore iff Leftrightarrow Longleftrightarrow impliedby Leftarrow leadsto"""
)
LOGIC: Mapping[str, str] = MappingProxyType(
    {"land": "and", "wedge": "and", "lor": "or", "vee": "or", "forall": "for all", "because": "because"}
)
DEFINITIONS = _names("newcommand renewcommand providecommand DeclareMathOperator def")

THIN = frozenset({",", ";", ":", ">", " ", "\n", *_names("thinspace medspace thickspace enspace enskip")})
GAPS = _names("quad qquad hfill")
PASSED = _names(
    """! / ( ) [ ] displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits displaylimits nonumber notag
    strut mathstrut null relax noindent centering par hline allowbreak nobreak break newline negthinspace negmedspace
    negthickspace tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge protect qedhere"""
)
"""Commands that style or space, and mean nothing."""
SKIPPED = _names(
    """tag tag* label hspace hspace* vspace vspace* phantom hphantom vphantom color textcolor colorbox eqref ref cite
    footnote href class style cssId"""
)
"""Commands that are passed over with their argument."""

SIZES = frozenset(
    {"left", "right", "middle", *(size + side for size in ("big", "Big", "bigg", "Bigg") for side in ("", *"lrm"))}
)
DELIMITERS: Mapping[str, tuple[Kind, str]] = MappingProxyType(
    {
        "lparen": ("open", "("), "rparen": ("close", ")"), "lbrack": ("open", "["), "rbrack": ("close", "]"),
        "lbrace": ("open", "{"), "rbrace": ("close", "}"), "{": ("open", "{"), "}": ("close", "}"),
        "lvert": ("open", "|"), "rvert": ("close", "|"), "lVert": ("open", "‖"), "rVert": ("close", "‖"),
        "vert": ("bar", "|"), "Vert": ("bar", "‖"), "|": ("bar", "‖"), "parallel": ("bar", "‖"),
        "lfloor": ("open", "⌊"), "rfloor": ("close", "⌋"), "lceil": ("open", "⌈"), "rceil": ("close", "⌉"),
        "langle": ("open", "⟨"), "rangle": ("close", "⟩"),
    }
)  # fmt: skip
"""Brackets that are commands."""
BRACKETS: Mapping[str, tuple[Kind, str]] = MappingProxyType(
    {
        "(": ("open", "("), ")": ("close", ")"), "[": ("open", "["), "]": ("close", "]"), "|": ("bar", "|"),
        "‖": ("bar", "‖"), "∥": ("bar", "‖"), "⟨": ("open", "⟨"), "⟩": ("close", "⟩"), "⌊": ("open", "⌊"),
        "⌋": ("close", "⌋"), "⌈": ("open", "⌈"), "⌉": ("close", "⌉"),
    }
)  # fmt: skip
"""Brackets that are characters."""
ANGLES: Mapping[str, tuple[Kind, str]] = MappingProxyType({"<": ("open", "⟨"), ">": ("close", "⟩")})
r"""Brackets behind `\left` and the like alone."""
UNSEEN: Mapping[str, tuple[Kind, str]] = MappingProxyType({"left": ("open", "."), "right": ("close", ".")})
r"""The bracket of `\left.` and `\right.`."""

MATRICES: Mapping[str, str] = MappingProxyType(
    _each("matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix array", "matrix")
    | _each("cases dcases rcases", "cases")
    | _each("subarray substack", "stack")
)
"""Environments of cells."""
BARRED: Mapping[str, str] = MappingProxyType({"vmatrix": "|", "Vmatrix": "‖"})
TRANSPARENT = _names(
    """align aligned alignat alignedat flalign gather gathered split multline multlined equation eqnarray math
    displaymath subequations center"""
)
"""Environments that only arrange rows."""
WITH_COLUMNS = _names("array alignat alignedat subarray")

DOUBLE_STRUCK: Mapping[str, str] = MappingProxyType(
    {
        **{chr(65 + at): chr(0x1D538 + at) for at in range(26)},
        **dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)),
    }
)

_TABLES: tuple[tuple[Kind, Mapping[str, str]], ...] = (
    ("sign", SIGN_COMMANDS),
    ("big", {"sum": "sum", "prod": "prod"}),
    ("accent", ACCENT_COMMANDS),
    ("command", STRUCTURES),
    ("dots", dict.fromkeys(DOTS, "…")),
    ("lead", dict.fromkeys(LEADS, "⇒")),
    ("prose", LOGIC),
    ("prime", {"prime": "'"}),
)
KNOWN = frozenset(
    (*LETTER_COMMANDS, *UPRIGHT, *FONTS, *PROSE_COMMANDS, *STYLED, *SET_OVER, *GAPS, *SIZES, *DELIMITERS, *ARROWS,
     "substack", "begin", "end", "not", "mathbin", "mathrel", *(name for _, table in _TABLES for name in table))
)  # fmt: skip
"""Commands that mean something, to choose from for one that does not."""


def single(name: str, span: Span, font: str) -> Token | None:
    """The token of a command that is one by itself; None if it is not."""
    if name in LETTER_COMMANDS:
        letter = LETTER_COMMANDS[name]
        return Token("letter" if len(letter) == 1 and letter.isascii() else "word", letter, span, "", font)
    if name in UPRIGHT:
        return Token("word", name, span, "", "upright")
    for kind, table in _TABLES:
        if name in table:
            return Token(kind, table[name], span)
    return None
