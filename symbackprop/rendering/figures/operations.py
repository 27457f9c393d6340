"""The operation of an equation in a word or a short formula: `W x + b`, σ, softmax, "cross-entropy"."""

from __future__ import annotations

from sympy import Add, Expr, Mul, Pow, S, Sum, log
from sympy.tensor.indexed import Indexed

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.matrices import grammar as g
from symbackprop.algebra.matrices.grammar import Matrix
from symbackprop.algebra.symbols import Apply, Maximum, tensor_of
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.steps import StepKind, of_kind
from symbackprop.model.records import Equation
from symbackprop.notation.writing.glyphs import Nomenclature
from symbackprop.rendering.figures.drawing import Run, Text
from symbackprop.rendering.figures.labels import letters_of

_SIGNS = {"sigmoid": "σ", "relu": "ReLU", "leaky_relu": "leaky ReLU", "gelu": "GELU", "silu": "SiLU", "elu": "ELU"}
_LONGEST = 14


def operation_of(derivation: Derivation, equation: Equation, names: Nomenclature) -> Text:
    """What an equation does, in short; empty where it cannot be told simply."""
    if equation.tensor == derivation.model.root:
        return _word(_loss_word(derivation, equation))
    if not any(derivation.model.tensor(name).shape for name in (equation.tensor, *tensors_in(equation.expression))):
        return _word(_entry_word(equation.expression))  # of numbers the sign alone, as graphs of operations have it
    matrix = _matrix_of(derivation, equation.tensor)
    if matrix is not None:
        word = _matrix_word(matrix)
        formula = _formula(matrix, names) if not word else None
        if word:
            return _word(word)
        if formula and len(formula) <= _LONGEST:
            return (Run(formula, math=True),)
    return _word(_entry_word(equation.expression))


def _word(word: str) -> Text:
    return (Run(word),) if word else ()


def _matrix_of(derivation: Derivation, tensor: str) -> Matrix | None:
    for step in derivation.forward:
        if step.tensor == tensor:
            found = of_kind(step, StepKind.MATRIX)
            return found[-1].after if found and isinstance(found[-1].after, Matrix) else None
    return None


def _matrix_word(matrix: Matrix) -> str:
    """One operation on one tensor."""
    match matrix:
        case g.ForEach(_, of):
            return _matrix_word(of)
        case g.Map(function, g.Leaf(), 0):
            return _SIGNS.get(function, function.replace("_", " "))
        case g.Softmax(g.Leaf()):
            return "softmax"
        case g.Scale(_, g.RowSum(g.Leaf()) | g.ColumnSum(g.Leaf()) | g.TotalSum(g.Leaf())):
            return "mean"
        case g.RowSum(g.Leaf()) | g.ColumnSum(g.Leaf()) | g.TotalSum(g.Leaf()):
            return "sum"
        case _:
            return ""


def _formula(matrix: Matrix, names: Nomenclature) -> str | None:
    """Sums and products of tensors by their letters alone; None for all else."""
    match matrix:
        case g.ForEach(_, of):
            return _formula(of, names)
        case g.Leaf(name):
            return letters_of(name, names)
        case g.Transpose(g.Leaf() as of):
            return f"{_formula(of, names)}ᵀ"
        case g.Product(factors):
            return _joined(factors, " ", names)
        case g.Hadamard(factors):
            return _joined(factors, " ⊙ ", names)
        case g.Plus(terms):
            return _sum(terms, names)
        case _:
            return None


def _joined(factors: tuple[Matrix, ...], sign: str, names: Nomenclature) -> str | None:
    if any(isinstance(factor, g.Plus | g.Hadamard) for factor in factors):
        return None
    parts = [_formula(factor, names) for factor in factors]
    return sign.join(part for part in parts if part) if all(parts) else None


def _sum(terms: tuple[Matrix, ...], names: Nomenclature) -> str | None:
    """What is added first, then what is taken away."""
    shown = ""
    for term in sorted(terms, key=_is_negative):
        negative = _is_negative(term)
        part = _formula(term.of if negative and isinstance(term, g.Scale) else term, names)
        if part is None:
            return None
        shown += part if not shown and not negative else f" {'−' if negative else '+'} {part}"
    return shown


def _is_negative(term: Matrix) -> bool:
    return isinstance(term, g.Scale) and isinstance(term.by, g.Constant) and term.by.value == -1


def _loss_word(derivation: Derivation, equation: Equation) -> str:
    """The usual name of a loss, by what stands in it."""
    expr, model = equation.expression, derivation.model
    targets = {t.name for t in model.tensors if t.role == "target"}
    read = tensors_in(expr)
    if expr.atoms(log) and read & targets:
        return "cross-entropy"
    squares = [p for p in expr.atoms(Pow) if p.exp == 2 and isinstance(p.base, Add)]
    if squares and read & targets:
        return "squared error"
    if len(read) == 1 and isinstance(expr, Mul) and any(isinstance(part, Sum) for part in expr.args):
        return "mean"
    return ""


def _entry_word(expr: Expr) -> str:
    """One operation entry by entry."""
    if isinstance(expr, Apply) and tensor_of(expr.argument):
        return _SIGNS.get(expr.name, expr.name.replace("_", " "))
    if isinstance(expr, Maximum):
        return "max"
    if isinstance(expr, Pow) and expr.exp == 2 and tensor_of(expr.base):
        return "square"
    if _is_difference(expr):
        return "−"
    if isinstance(expr, Mul) and len(expr.args) > 1 and all(tensor_of(part) for part in expr.args):
        return "×"
    if isinstance(expr, Add) and all(tensor_of(part) for part in expr.args):
        return "+"
    if isinstance(expr, Mul) and S.NegativeOne not in expr.args and _is_softmax(expr):
        return "softmax"
    if isinstance(expr, Sum) and isinstance(expr.function, Mul):
        count = len({part for part in expr.function.args if isinstance(part, Indexed)})
        return "product" if count == 2 else "sum"
    return ""


def _is_difference(expr: Expr) -> bool:
    """Whether one tensor is taken from another."""
    parts = [(-part if part.could_extract_minus_sign() else part) for part in expr.args]
    return isinstance(expr, Add) and len(parts) == 2 and all(map(tensor_of, parts)) and set(parts) != set(expr.args)


def _is_softmax(expr: Mul) -> bool:
    above, below = expr.as_numer_denom()
    return isinstance(below, Sum) and above.func == below.function.func and len(tensors_in(expr)) == 1
