"""Readers of what the writers write: formulas in text and in LaTeX straight to numbers, by their own small grammar.

They know nothing of SymPy or of layouts, so that a missing bracket, or an index off by one, gives another number.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

Scope = Mapping[str, int]
Value = Callable[[Scope], float]

_TEXT = re.compile(r"\s*(\d+(?:\.\d+)?(?:e-?\d+)?|∑_|max_|\.\.|[A-Za-zΑ-ω]+[0-9]*'*|[⁰¹²³⁴⁵⁶⁷⁸⁹]+|\S)")
_LATEX = re.compile(r"\s*(\d+(?:\.\d+)?|\\[A-Za-z]+'*|\\\\|\S'*)")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_RELATIONS = {
    "≥": lambda a, b: a >= b, "≤": lambda a, b: a <= b, ">": lambda a, b: a > b, "<": lambda a, b: a < b,
    "=": lambda a, b: a == b, "≠": lambda a, b: a != b,
    r"\ge": lambda a, b: a >= b, r"\le": lambda a, b: a <= b, r"\ne": lambda a, b: a != b,
}  # fmt: skip
FUNCTIONS = {
    "exp": math.exp, "log": math.log, "sqrt": math.sqrt, "abs": abs, "tanh": math.tanh, "sin": math.sin,
    "f": math.sin, "f'": math.cos, "f''": lambda x: -math.sin(x),
}  # fmt: skip


@dataclass
class Reader:
    """Recursive descent over tokens; every method gives the number of what it reads, as a function of the indices."""

    tokens: list[str]
    tensors: Mapping[str, np.ndarray]
    sizes: Mapping[str, int]
    base: int
    reads: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self, wanted: str | None = None) -> str:
        assert self.tokens, f"the formula ends where {wanted} is due"
        token = self.tokens.pop(0)
        assert wanted in (None, token), f"{wanted} is due at {token} {' '.join(self.tokens)}"
        return token

    def whole(self) -> Value:
        value = self.terms()
        assert not self.tokens, f"left over: {' '.join(self.tokens)}"
        return value

    def terms(self) -> Value:
        negative = self.next == "-" and self.take("-") == "-"
        first = self.product()
        value = (lambda s: -first(s)) if negative else first
        while self.next in ("+", "-"):
            sign = 1 if self.take() == "+" else -1
            value = _plus(value, sign, self.product())
        return value

    def product(self) -> Value:
        value = self.factor()
        while self.next not in ENDS:
            if self.next in ("·", r"\cdot"):
                self.take()
            if self.next == "/":
                self.take("/")
                value = _over(value, self.factor())
            else:
                value = _times(value, self.factor())
        return value

    def factor(self) -> Value:
        value = self.primary()
        if self.next[:1] in "⁰¹²³⁴⁵⁶⁷⁸⁹" and self.next:
            exponent = int(self.take().translate(_DIGITS))
            return lambda s: value(s) ** exponent
        if self.next == "^":
            self.take()
            power = self.script()
            return lambda s: value(s) ** power(s)
        return value

    def script(self) -> Value:
        return self.primary()

    def primary(self) -> Value:
        raise NotImplementedError

    def relation(self) -> Callable[[Scope], bool]:
        left, sign, right = self.terms(), self.take(), self.terms()
        return lambda s: _RELATIONS[sign](round(left(s), 9), round(right(s), 9))

    def fenced(self, closing: str) -> Value:
        value = self.terms()
        self.take(closing)
        return value

    def iverson(self) -> Value:
        condition = self.relation()
        self.take("]")
        return lambda s: float(condition(s))

    def entry(self, name: str, positions: list[Value]) -> Value:
        array = self.tensors[name]

        def value(scope: Scope) -> float:
            at = [round(position(scope)) - self.base for position in positions]
            inside = all(0 <= p < n for p, n in zip(at, array.shape, strict=True))
            return float(array[tuple(at)]) if inside else 0.0

        return value

    def name(self, name: str) -> Value:
        if name in self.tensors:
            return lambda _: float(self.tensors[name])
        if name in self.sizes:
            return lambda _: float(self.sizes[name])
        return lambda s: float(s[name])

    def over_ranges(self, sign: str, ranges: list[tuple[str, Value, Value]], body: Value) -> Value:
        def values(scope: Scope) -> list[float]:
            boxes = [range(round(low(scope)), round(high(scope)) + 1) for _, low, high in ranges]
            names = [name for name, _, _ in ranges]
            return [body({**scope, **dict(zip(names, at, strict=True))}) for at in itertools.product(*boxes)]

        return (lambda s: math.fsum(values(s))) if sign == "sum" else (lambda s: max(values(s)))


ENDS = frozenset(["", "+", "-", ")", "]", "}", ",", ";", "if", "otherwise", "..", "&", r"\\", r"\end", *_RELATIONS])


class TextReader(Reader):
    """Of `dW1[i,j] = ...` in plain text: ranges that are not written come from the shapes."""

    def primary(self) -> Value:
        token = self.take()
        if token == "(":
            return self.fenced(")")
        if token == "[":
            return self.iverson()
        if token == "{":
            return self.cases()
        if token in ("∑_", "max_"):
            return self.binder("sum" if token == "∑_" else "max")
        if token[0].isdigit():
            return lambda _: float(token)
        if token == "δ":
            self.take("(")
            left, _, right = self.terms(), self.take(","), self.fenced(")")
            return lambda s: float(round(left(s)) == round(right(s)))
        if self.next == "[" and token in self.tensors and self.tensors[token].ndim:
            return self.subscripted(token)
        if self.next == "(" and token in FUNCTIONS:
            self.take("(")
            argument = self.fenced(")")
            return lambda s: FUNCTIONS[token](argument(s))
        return self.name(token)

    def subscripted(self, name: str) -> Value:
        self.take("[")
        positions = []
        while True:
            if len(self.tokens) > 1 and self.tokens[1] in (",", "]"):
                self.reads.append((name, len(positions), self.next))
            positions.append(self.terms())
            if self.take() == "]":
                return self.entry(name, positions)

    def binder(self, sign: str) -> Value:
        ranges = []
        if self.next != "{":
            ranges.append((self.take(), None, None))
        else:
            while self.take() != "}":
                name, low, high = self.take(), None, None
                if self.next == "=":
                    self.take("=")
                    low, _, high = self.terms(), self.take(".."), self.terms()
                ranges.append((name, low, high))
                if self.next == "}":
                    self.take("}")
                    break
        before, self.reads = self.reads, []
        body = self.product()
        full = [(n, *((low, high) if low else self.implied(n))) for n, low, high in ranges]
        bound = {name for name, _, _ in ranges}
        self.reads = before + [read for read in self.reads if read[2] not in bound]
        return self.over_ranges(sign, full, body)

    def implied(self, name: str) -> tuple[Value, Value]:
        extents = {self.tensors[tensor].shape[axis] for tensor, axis, index in self.reads if index == name}
        assert extents, f"no shape tells the range of {name}"
        extent = min(extents)
        return (lambda _: self.base), (lambda _: extent - 1 + self.base)

    def cases(self) -> Value:
        pieces = []
        while True:
            value = self.terms()
            if self.take() == "otherwise":
                pieces.append((value, lambda _: True))
            else:
                pieces.append((value, self.relation()))
            if self.take() == "}":
                return _first(pieces)


class LatexReader(Reader):
    """Of LaTeX as the writer writes it; sums carry their bounds."""

    def script(self) -> Value:
        if self.next != "{":
            return self.primary()
        self.take("{")
        return self.fenced("}")

    def primary(self) -> Value:
        token = self.take()
        if token == "(":
            return self.scripted_brackets()
        if token == "[":
            return self.iverson()
        if token in (r"\sum", r"\max"):
            return self.binder(token[1:])
        if token[0].isdigit():
            return lambda _: float(token)
        if token == r"\frac":
            self.take("{")
            top = self.fenced("}")
            self.take("{")
            return _over(top, self.fenced("}"))
        if token == "e" and self.next == "^":
            self.take("^")
            power = self.script()
            return lambda s: math.exp(power(s))
        if token == r"\sqrt":
            return _call("sqrt", self.script())
        if token == r"\lvert":
            return _call("abs", self.fenced(r"\rvert"))
        if token == r"\mathbf":
            assert [self.take() for _ in range(4)] == ["{", "1", "}", "["]
            return self.iverson()
        if token == r"\begin":
            return self.cases()
        if token == r"\delta":
            left, right = self.subscripts()
            return lambda s: float(round(left(s)) == round(right(s)))
        if token.lstrip("\\") in FUNCTIONS and self.next == "(":
            self.take("(")
            return _call(token.lstrip("\\"), self.fenced(")"))
        return self.named(token)

    def scripted_brackets(self) -> Value:
        """`(W_1)_{ij}` is an entry; anything else in brackets is a term."""
        if len(self.tokens) > 4 and self.tokens[1] == "_" and self.tokens[3] == ")" and self.tokens[4] == "_":
            name, _, mark = self.take(), self.take("_"), self.take()
            self.take(")")
            return self.entry(name + mark, self.subscripts())
        return self.fenced(")")

    def named(self, name: str) -> Value:
        if self.next == "^" and self.tokens[1:3] == ["{", "["]:
            name += self.tokens[3]
            del self.tokens[:4]
            self.take("]")
            if self.take() != "}":
                raise AssertionError("a power beside a layer's mark")
        if self.next == "_" and name in self.tensors:
            return self.entry(name, self.subscripts())
        if self.next == "_":
            self.take("_")
            name += self.take()
        return self.name(name)

    def subscripts(self) -> list[Value]:
        self.take("_")
        if self.next != "{":
            return [self.primary()]
        self.take("{")
        compact = self.tokens[: self.tokens.index("}")]
        if all(len(token) == 1 and token.isalpha() for token in compact):
            del self.tokens[: len(compact) + 1]
            return [self.name(token) for token in compact]
        positions = []
        while True:
            positions.append(self.terms())
            if self.take() == "}":
                return positions

    def binder(self, sign: str) -> Value:
        self.take("_")
        self.take("{")
        if sign == "sum":
            name, _, low = self.take(), self.take("="), self.fenced("}")
            self.take("^")
            return self.over_ranges(sign, [(name, low, self.script())], self.product())
        low, _, name, _ = self.terms(), self.take(r"\le"), self.take(), self.take(r"\le")
        high = self.fenced("}")
        return self.over_ranges(sign, [(name, low, high)], self.product())

    def cases(self) -> Value:
        del self.tokens[: self.tokens.index("}") + 1]
        pieces = []
        while True:
            value = self.terms()
            self.take("&")
            self.take(r"\text")
            word = "".join(self.tokens[1 : self.tokens.index("}")])
            del self.tokens[: self.tokens.index("}") + 1]
            pieces.append((value, (lambda _: True) if word == "otherwise" else self.relation()))
            if self.take() == r"\end":
                del self.tokens[: self.tokens.index("}") + 1]
                return _first(pieces)


def read_text(text: str, tensors: Mapping, sizes: Mapping, base: int) -> Value:
    return TextReader(_TEXT.findall(text), tensors, sizes, base).whole()


def read_latex(latex: str, tensors: Mapping, sizes: Mapping, base: int) -> Value:
    plain = re.sub(r"\\(left|right|bigl|bigr)(?![A-Za-z])|\\,", " ", latex)
    return LatexReader(_LATEX.findall(plain), tensors, sizes, base).whole()


def _plus(left: Value, sign: int, right: Value) -> Value:
    return lambda s: left(s) + sign * right(s)


def _times(left: Value, right: Value) -> Value:
    return lambda s: left(s) * right(s)


def _over(top: Value, bottom: Value) -> Value:
    return lambda s: top(s) / bottom(s)


def _call(name: str, argument: Value) -> Value:
    return lambda s: FUNCTIONS[name](argument(s))


def _first(pieces: list) -> Value:
    return lambda s: next(value(s) for value, holds in pieces if holds(s))


class MatrixReader:
    """Of matrix notation in plain text: a neighbour is a product, which binds tighter than ⊙."""

    def __init__(self, text: str, tensors: Mapping[str, np.ndarray], sizes: Mapping[str, int]) -> None:
        self.tokens = re.findall(r"\d+|[A-Za-zσ]+\d*'*|\S", text)
        self.tensors, self.sizes = tensors, sizes

    @property
    def next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def whole(self) -> np.ndarray:
        value = self.terms()
        assert not self.tokens, f"left over: {self.tokens}"
        return value

    def terms(self) -> np.ndarray:
        value = -self._after(self.hadamard) if self.next == "-" else self.hadamard()
        while self.next in ("+", "-"):
            sign = -1 if self.next == "-" else 1
            value = value + sign * self._after(self.hadamard)
        return value

    def _after(self, rule: Callable[[], np.ndarray]) -> np.ndarray:
        self.tokens.pop(0)
        return rule()

    def hadamard(self) -> np.ndarray:
        value = self.product()
        while self.next == "⊙":
            value = value * self._after(self.product)
        return value

    def product(self) -> np.ndarray:
        value = self.power()
        while self.next not in ("", "+", "-", ")", "⊙"):
            if self.next == "/":
                value = value / self._after(self.power)
            elif self.next == "·":
                value = value * self._after(self.power)
            else:
                other = self.power()
                value = value @ other if np.ndim(value) and np.ndim(other) else value * other
        return value

    def power(self) -> np.ndarray:
        value = self.primary()
        while self.next and self.next in "^ᵀ²":
            sign = self.tokens.pop(0)
            if sign == "ᵀ":
                value = value.T
            elif sign == "²":
                value = value**2
            else:
                assert self.tokens.pop(0) == "⊙"
                value = value ** int(self.tokens.pop(0))
        return value

    def primary(self) -> np.ndarray:
        token = self.tokens.pop(0)
        if token == "(":
            value = self.terms()
            assert self.tokens.pop(0) == ")"
            return value
        if token == "1" and self.next == "_":
            shape = [self.sizes[name] for name in self._until(")") if name.isalnum()]
            return np.ones(shape)
        if token.isdigit():
            return np.float64(token)
        if self.next == "(" and token in FUNCTIONS:
            return np.vectorize(FUNCTIONS[token])(self._after(self.fenced))
        if token in ("rowsum", "colsum", "sum", "tr"):
            return _SUMS[token](self._after(self.fenced))
        return self.tensors[token] if token in self.tensors else np.float64(self.sizes[token])

    def _until(self, closing: str) -> list[str]:
        taken = [self.tokens.pop(0)]
        while taken[-1] != closing:
            taken.append(self.tokens.pop(0))
        return taken

    def fenced(self) -> np.ndarray:
        value = self.terms()
        assert self.tokens.pop(0) == ")"
        return value


_SUMS = {
    "rowsum": lambda x: x.sum(1, keepdims=True),
    "colsum": lambda x: x.sum(0, keepdims=True),
    "sum": lambda x: x.sum(),
    "tr": np.trace,
}
