"""What to do about a token that cannot stand where it stands."""

from __future__ import annotations

from collections.abc import Collection

from symbackprop.notation.surface.tokens import Token

WORDS = frozenset({"if", "else", "and", "or", "not", "in"})


def remedy(token: Token, before: Token, written: str, operand: bool) -> str:
    """How to mend what stands where it cannot: `operand` says whether a number, a name or ( was expected there."""
    return (_missing_operand(token, before, written) if operand else None) or _misplaced(token, written)


def _missing_operand(token: Token, before: Token, written: str) -> str | None:
    if token.kind == "close":
        if before.is_sign(","):
            return f"Remove the comma before {written}."
        if before.kind == "open":
            listed = before.text == "["
            return "A list has a number for each axis: [3, 3]." if listed else "Put something between the brackets."
    if before.is_sign("/") and token.is_sign("/"):
        return "For a whole quotient write floor(i/n)."
    if token.is_sign("*", "/", "@", "⊙", "·", "=", ","):
        return f"Put something before {written}."
    if token.text == "[":
        return "Indices stand right after a name, x[i]; for tensors side by side write concat(f, g)."
    if token.is_sign("∂"):
        return "A derivative has no place in a model; symbackprop finds it."
    if token.is_prose("not"):
        return "Turn the comparison round: x <= 0 for not x > 0."
    return f"{written} is a word of the language and no name." if token.kind == "prose" else None


def _misplaced(token: Token, written: str) -> str:
    if token.is_prose("in"):
        return "A range is written j < n, or j = 0..n-1."
    if token.kind == "stop":
        return "Finish the line; it goes on after an operator, a comma or inside brackets."
    if token.kind == "number":
        return "Write the number first, 2 x, or * or a comma before it."
    if token.kind in ("word", "prose"):
        return f"Put an operator or a comma before {written}, or remove it."
    return f"Remove {written}, or put what is missing before it."


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
