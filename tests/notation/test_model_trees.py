"""Formulas of model files: precedence, neighbours, spaces after a slash, what can be read in two ways, and bounds."""

import pytest

from symbackprop.errors import LimitError, NotationError
from symbackprop.notation.reading.dialect import lines_of
from symbackprop.notation.reading.line import Line
from symbackprop.notation.reading.syntax import (
    Addition,
    Call,
    Cases,
    Logic,
    Name,
    Named,
    Negative,
    Number,
    Power,
    Product,
    Range,
    Relation,
    Subscript,
    Transpose,
    names_in,
)
from symbackprop.notation.reading.trees import meant
from symbackprop.notation.source import source_of
from symbackprop.notation.surface.brackets import MAX_DEPTH

FACTORS = frozenset({"a", "b", "n", "x", "y", "W"})


def parse(text, skipped=0):
    """The tree of one expression, which is all there is after the tokens skipped."""
    source = source_of(text)
    (tokens,) = lines_of(source)
    line = Line(tokens[skipped:], source, FACTORS)
    tree = meant(line.condition(), line)
    line.finish()
    return tree


def shown(node) -> str:
    """The tree with every bracket written."""
    match node:
        case Number(value):
            return str(value)
        case Name(name):
            return name
        case Subscript(base, indices):
            return f"{shown(base)}[{','.join(map(shown, indices))}]"
        case Named(name, value):
            return f"{name.name}={shown(value)}"
        case Call(function, arguments):
            return f"{function.name}<{'; '.join(map(shown, arguments))}>"
        case Transpose(base):
            return f"{shown(base)}'"
        case Power(base, exponent):
            return f"({shown(base)}^{shown(exponent)})"
        case Negative(operand):
            return f"(-{shown(operand)})"
        case Addition(terms):
            return "(" + " ".join(f"{sign}{shown(term)}" for sign, term in terms).removeprefix("+") + ")"
        case Product(factors):
            return "(" + "".join(f"{joint or ' '}{shown(factor)}" for joint, factor in factors).strip() + ")"
        case Relation(operands, signs):
            tail = "".join(sign + shown(operand) for sign, operand in zip(signs, operands[1:], strict=True))
            return f"({shown(operands[0])}{tail})"
        case Logic(word, operands):
            return "(" + f" {word} ".join(map(shown, operands)) + ")"
        case Cases(pieces, otherwise):
            return "{" + ", ".join(f"{shown(v)} | {shown(c)}" for v, c in pieces) + f", {shown(otherwise)}" + "}"
        case Range(low, high):
            return f"{shown(low)}..{shown(high)}"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("W x + b", "((W x) +b)"),
        ("a - b - x", "(a -b -x)"),
        ("-W x * y", "(-((W x)*y))"),
        ("-x^2", "(-(x^2))"),
        ("x^-y^2", "(x^(-(y^2)))"),
        ("x^a^b", "(x^(a^b))"),
        ("2 x^2 y", "(2 (x^2) y)"),
        ("x²y", "((x^2) y)"),
        ("xⁿ⁻¹y", "((x^(n -1)) y)"),
        ("x^n[a]^2[b]", "(x^(n[a]^2))[b]"),
        ("x^(n)[a]", "(x^n)[a]"),
        ("W²^T", "(W^2)'"),
        ("a ⊙ -f(x)[b]^2", "(a⊙(-(f<x>[b]^2)))"),
        ("x^2(1 - a)", "((x^2) (1 -a))"),
        ("x^(n)(1 - a)", "((x^n) (1 -a))"),
        ("x^n (1 - a)", "((x^n) (1 -a))"),
        ("W^T x", "(W' x)"),
        ("Wᵀx", "(W' x)"),
        ("(W a)^⊤ b", "((W a)' b)"),
        ("W^T[i,j]", "W'[i,j]"),
        ("W x ⊙ y", "((W x)⊙y)"),
        ("a ⊙ W x", "(a⊙(W x))"),
        ("a * W @ x", "(a*(W@x))"),
        ("a·b c", "(a·b c)"),
        ("a * -b", "(a*(-b))"),
        ("a/b/n", "(a/b/n)"),
        ("a / b * n", "(a/b*n)"),
        ("a/2 sum(x)", "(a/2 sum<x>)"),
        ("1/n W x / 2", "(1/n (W x)/2)"),
        ("1/2 (a - y)^2", "(1/2 ((a -y)^2))"),
        ("1/2 · x y", "(1/2·(x y))"),
        ("a * b / n", "(a*b/n)"),
        ("W x/n", "((W x)/n)"),
        ("1/(2 n)", "(1/(2 n))"),
        ("b (x + 1)", "(b (x +1))"),
        ("b(x + 1)^2", "(b ((x +1)^2))"),
        ("f(x + 1)^2", "(f<(x +1)>^2)"),
        ("f (x)", "f<x>"),
        ("2f(x) y", "(2 f<x> y)"),
        ("sum(j, W[i,j] x[j])", "sum<j; (W[i,j] x[j])>"),
        ("sum(j = 1..n-1, x[j])", "sum<j=1..(n -1); x[j]>"),
        ("sum(1 <= j < n, x[j])", "sum<(1<=j<n); x[j]>"),
        ("dense(x, 3, bias=no)", "dense<x; 3; bias=no>"),
        ("f()", "f<>"),
        ("x if i = 0 else y", "{x | (i==0), y}"),
        ("x if i < n and x > 0 or y > 0 else 2 y", "{x | (((i<n) and (x>0)) or (y>0)), (2 y)}"),
        ("a if x > 0 else b if x < -1 else y", "{a | (x>0), b | (x<(-1)), y}"),
        ("0.1x", "(1/10 x)"),
        ("1e-3", "1/1000"),
        ("(((x)))", "x"),
        ("+x", "x"),
    ],
)
def test_tree(text, tree):
    """Precedence is that of written mathematics; what is not a known factor and has a bracket is a call."""
    assert shown(parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("1/2x", "(1/2) x", "1/(2 x)"),
        ("a / b x", "(a/b) x", "a/(b x)"),
        ("1/2(a - y)^2", "(1/2) (a - y)^2", "1/(2 (a - y)^2)"),
        ("1/n(a - y)", "(1/n) (a - y)", "1/(n (a - y))"),
        ("x^2y", "x^2 y", "x^(2 y)"),
        ("x^n(1 - a)", "x^n (1 - a)", "x^(n (1 - a))"),
    ],
)
def test_two_readings_are_refused(text, first, second):
    """What can be read in two ways names both, and each of them can then be read."""
    with pytest.raises(NotationError, match="can be read in two ways") as caught:
        parse(text)
    assert caught.value.fix == f"Write {first} or {second}."
    assert shown(parse(first)) != shown(parse(second))


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("a +", 4, "expected a number, a name or (, but the line ends"),
        ("a + * b", 5, "found *"),
        ("x 2", 3, "Write the number first"),
        ("2 3", 3, "between two numbers"),
        ("a)", 2, "closes nothing"),
        ("f(a b", 2, "never closed"),
        ("x[i", 2, "never closed"),
        ("x[]", 3, "expected a number, a name or ("),
        ("f(a, )", 6, "found )"),
        ("a if b", 7, "expected else"),
        ("a else b", 3, "expected the end of the statement, but found else"),
        ("x^", 3, "expected an exponent"),
        ("x^[2]", 3, "expected an exponent, but found ["),
        ("x^*", 3, "expected an exponent, but found *"),
        ("(a, b)", 3, "Remove the comma"),
        ("a + 1..n", 6, "A range stands in a sum"),
        ("²", 1, "but found ²"),
        ("a (\n + b]", 5, "The ( stands in line 1, column 3."),
        ("a, b", 2, "found ,"),
        ("if", 1, "if is a word of the language"),
        ("∂L/∂W", 1, "symbackprop finds it"),
        ("[x]", 1, "right after a name"),
        ("a = b = ", 8, "the line ends"),
    ],
)
def test_errors_stand_at_their_place(text, column, words):
    """An error is at the token that cannot be read, and says what could stand there."""
    with pytest.raises(NotationError) as caught:
        parse(text)
    assert caught.value.where.column == column
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500 + "x" + ")" * 500,
        "exp(" * 500 + "x" + ")" * 500,
        "-" * 5000 + "x",
        "x" + "^T" * 500,
        "x" + "[0]" * 500,
        "x^" * 500 + "x",
        "x[" * 500 + "0" + "]" * 500,
        "(x+2*" * 500 + "x" + ")" * 500,
    ],
)
def test_deep_nesting_is_refused(text):
    """Depth has a bound that is met before any stack is exhausted."""
    with pytest.raises(LimitError, match="nested too deep"):
        parse(text)


def test_other_bounds():
    """Long numbers and long statements are refused; long sums within the bound are no deeper than short ones."""
    assert len(parse(" + ".join(["x"] * 1500)).terms) == 1500
    with pytest.raises(LimitError, match="more than 2,000 parts"):
        parse(" + ".join(["x"] * 2500))
    for number in ("1e999999999999", "1e-401", "1" * 51):
        with pytest.raises(LimitError, match="this number is too long"):
            parse(number)
    assert shown(parse("(" * (MAX_DEPTH - 2) + "x" + ")" * (MAX_DEPTH - 2))) == "x"


def test_spans_and_names():
    """Each node knows what it was written as; the names of a tree come in the order of writing."""
    text = "a1 = (W x)^T + sum(k, y[k])"
    source, tree = source_of(text), parse(text, skipped=2)
    assert [source.written(term.span) for _, term in tree.terms] == ["(W x)^T", "sum(k, y[k])"]
    assert [name.name for name in names_in(tree)] == ["W", "x", "sum", "k", "y", "k"]
