"""What to do about a token that cannot stand where it stands."""

from __future__ import annotations

from collections.abc import Collection

from symbackprop.notation.reading.tokens import DOT, HADAMARD, Token

WORDS = frozenset({"if", "else", "and", "or", "not", "in"})


def operand_fix(token: Token, before: Token | None) -> str | None:
    """Where a number, a name or a bracket was expected."""
    if before is not None and token.is_operator(")", "]"):
        if before.is_operator(","):
            return f"Remove the comma before {token.text}."
        if before.is_operator("["):
            return "A list has a number for each axis: [3, 3]."
        if before.is_operator("("):
            return "Put something between the brackets."
    if before is not None and before.is_operator("/") and token.is_operator("/"):
        return "For a whole quotient write floor(i/n)."
    if token.is_operator("*", "/", "@", HADAMARD, DOT, "=", ","):
        return f"Put something before {token.text}."
    if token.is_operator("["):
        return "Indices stand right after a name, x[i]; for tensors side by side write concat(f, g)."
    if token.is_operator("∂"):
        return "A derivative has no place in a model; symbackprop finds it."
    if token.is_word("not"):
        return "Turn the comparison round: x <= 0 for not x > 0."
    if token.is_word(*WORDS):
        return f"{token.text} is a word of the language and no name."
    return None


def fix_at(token: Token) -> str:
    """Anywhere else."""
    if token.is_word("in"):
        return "A range is written j < n, or j = 0..n-1."
    if token.kind == "newline":
        return "Finish the line; it goes on after an operator, a comma or inside brackets."
    if token.kind == "number":
        return "Write the number first, 2 x, or * or a comma before it."
    if token.kind == "name":
        return f"Put an operator or a comma before {token.text}, or remove it."
    return f"Remove {token.text}, or put what is missing before it."


_FOREIGN = {
    **dict.fromkeys(("linear", "Linear", "fc", "fully_connected"), "dense(x, h)"),
    **dict.fromkeys(("transpose", "T"), "W^T"),
    **dict.fromkeys(("dot", "matmul", "inner", "einsum"), "W x for a product, x · y for a number"),
    **dict.fromkeys(("mse", "mse_loss", "MSE"), "mean_squared_error(a, y)"),
    **dict.fromkeys(("bce", "BCE"), "binary_cross_entropy(a, y)"),
    **dict.fromkeys(("inv", "inverse"), "1/W for the inverse of each entry; a matrix has none here"),
    "norm": "sqrt(sum(x^2))",
    "min": "-max(-x)",
    "pow": "x^n",
    "e": "exp(x)",
    "where": "a if p else b",
}
_SUMS = ("sum", "mean", "max")


def foreign_fix(name: str, tensors: Collection[str]) -> str | None:
    """What is written here for a word of other languages: of NumPy, of a framework, of paper."""
    head, dot, last = name.rpartition(".")
    if dot and head in tensors:
        return f"Write {head}^T for a transpose." if last == "T" else f"For a product write {head} {last}."
    reduction, under, over = last.partition("_")
    if under and reduction in _SUMS:
        return f"Write {reduction}({over}, ...)."
    return f"Write {_FOREIGN[last]}." if last in _FOREIGN else None
