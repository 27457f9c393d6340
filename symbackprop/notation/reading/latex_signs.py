r"""What the commands of LaTeX mean: letters, operators, functions; and which are known at all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from symbackprop.notation.reading.calls import ALIASES, KNOWN
from symbackprop.notation.reading.latex_characters import SIZES
from symbackprop.notation.reading.latex_groups import ARGUMENTS, SPACES, WORDS
from symbackprop.notation.reading.tokens import DOT, HADAMARD
from symbackprop.notation.writing.glyphs import GREEK

LETTERS: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in GREEK},
        "varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "varsigma": "sigma",
        "varpi": "pi", "ell": "l", "imath": "i", "jmath": "j",
    }
)  # fmt: skip
"""Commands that are letters, with their names."""

OPERATORS: Mapping[str, str] = MappingProxyType(
    {
        "cdot": DOT, "cdotp": DOT, "times": "*", "ast": "*", "odot": HADAMARD, "circ": HADAMARD, "div": "/",
        "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "ne": "!=", "neq": "!=",
        "lt": "<", "gt": ">", "equiv": "=", "coloneqq": ":=", "coloneq": ":=", "triangleq": "=", "gets": ":=",
        "leftarrow": ":=", "longleftarrow": ":=", "land": "and", "wedge": "and", "lor": "or", "vee": "or",
        "approx": "≈", "simeq": "≈",
    }
)  # fmt: skip
"""Commands that are operators, as tokens."""

CHARACTERS: Mapping[str, str] = MappingProxyType(
    {
        "−": "-", "–": "-", "×": "*", "∗": "*", "÷": "/", "∘": HADAMARD, "⊙": HADAMARD, "⋅": DOT, "·": DOT,
        "≤": "<=", "≥": ">=", "≠": "!=", "←": ":=", "≔": ":=", "≈": "≈", "∂": "∂",
        **{sign: sign for sign in "+-*/@,=<>"},
    }
)  # fmt: skip
"""Signs, as tokens."""

RELATIONS = frozenset({"=", "==", "!=", "<", "<=", ">", ">=", ":=", "≈"})

TRANSPOSES = frozenset({"top", "intercal", "T", "⊤", "ᵀ", "tran", "trans"})

BIG: Mapping[str, str] = MappingProxyType({"sum": "sum", "max": "max", "argmax": "argmax"})
"""Signs whose scripts bind indices, as tokens."""

NAMED = frozenset(
    {"log", "ln", "exp", "tanh", "sin", "cos", "tan", "sinh", "cosh", "max", "min", "arg", "det", "sup", "inf", "lim"}
)
"""Functions that TeX sets upright by a command of their own; they may stand without brackets."""

FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in (*KNOWN, *ALIASES, *NAMED)},
        "LeakyReLU": "leaky_relu", "ELU": "elu", "SELU": "selu", "GELU_tanh": "gelu_tanh", "id": "identity",
        "Sigmoid": "sigmoid", "sgn": "sign", "sign": "sign", "diag": "diag", "Diag": "diag", "rowsum": "rowsum",
        "colsum": "colsum", "tr": "tr", "Tr": "tr", "trace": "tr", "softmax_rows": "softmax_rows",
        "softmax_columns": "softmax_columns", "logsumexp_rows": "logsumexp_rows",
        "logsumexp_columns": "logsumexp_columns", "argmax": "argmax", "Softmax": "softmax",
    }
)  # fmt: skip
"""Functions as written, by the name that their tokens have."""

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "dots": "Sums with dots are not read: write \\sum.",
        "ldots": "Sums with dots are not read: write \\sum.",
        "cdots": "Sums with dots are not read: write \\sum.",
        "otimes": "Write u v^\\top for an outer product.",
        "oslash": "Write \\frac{a}{b} for a quotient of entries.",
        "oplus": "Write + for a sum.",
        "pm": "Write + or -.",
        "mp": "Write + or -.",
        "prod": "Write the factors out.",
        "propto": "Write = with the factor.",
        "sim": "Write = for an equation.",
        "infty": "Write finite bounds.",
        "int": "There are no integrals here.",
        "min": "Write -\\max of the negatives.",
        "over": "Write \\frac{a}{b}.",
        "cancel": "Write what is left without what is struck out.",
        "binom": "Write numbers out.",
        "vdots": "Write the entries out.",
        "dot": "Accents here are hats, tildes and bars.",
        "ddot": "Accents here are hats, tildes and bars.",
        "in": "Write the range of an index below \\sum.",
        "forall": "Write \\text{for each } i.",
        "neg": "Write the opposite condition.",
        "to": "Write = or :=.",
        "rightarrow": "Write = or :=.",
        "mapsto": "Write = or :=.",
    }
)
"""Commands that are known and have no meaning here, with what to write."""

SEPARATORS = frozenset({"quad", "qquad", "Rightarrow", "implies", "Longrightarrow", "Leftrightarrow", "iff"})
"""Commands that set one statement apart from another, or are mere space."""

COMMANDS = frozenset(
    {
        *LETTERS, *OPERATORS, *TRANSPOSES, *BIG, *NAMED, *REFUSED, *SEPARATORS, *WORDS, *ARGUMENTS, *SIZES,
        *(name for name in SPACES if name.isalpha()), "partial", "nabla", "prime", "begin", "end", "lvert", "lVert",
        "lfloor",
    }
)  # fmt: skip
"""Every command with a meaning, for suggestions."""
