"""Sizes told from the shapes of arguments: `h, n = W1.shape`, and what each argument's shape must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sympy import Expr, Symbol

from symbackprop.compiling.sources.fragments import Code, Level

Shapes = Mapping[str, tuple[Expr, ...]]


@dataclass(frozen=True, slots=True)
class SizeLine:
    """`target = source`: one or several sizes from the shape of an argument."""

    target: str
    source: str

    def __str__(self) -> str:
        return f"{self.target} = {self.source}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """The shape that an argument must have; an extent in quotes is not known yet, and any size will do."""

    argument: str
    extents: tuple[str, ...]


@dataclass(slots=True)
class SizePlan:
    """Lines that find the sizes, each after the requirement that it rests on; `missing` are told by no argument."""

    steps: list[SizeLine | Requirement] = field(default_factory=list)
    missing: list[Symbol] = field(default_factory=list)


def size_plan(shapes: Shapes, needed: set[Symbol], names: Mapping[str, str], write: Callable[[Expr], Code]) -> SizePlan:
    """How the sizes in `needed`, and those that two axes share, are found from the arguments' shapes."""
    return _Planner(shapes, needed, names, write).plan()


class _Planner:
    def __init__(
        self, shapes: Shapes, needed: set[Symbol], names: Mapping[str, str], write: Callable[[Expr], Code]
    ) -> None:
        self.shapes = shapes
        self.names = names
        self.write = write
        counts = Counter(s for shape in shapes.values() for extent in shape for s in extent.free_symbols)
        composite = {s for shape in shapes.values() for e in shape if not e.is_Symbol for s in e.free_symbols}
        self.wanted = needed | composite | {s for s, count in counts.items() if count > 1}
        self.needed = needed
        self.known: set[Symbol] = set()
        self.result = SizePlan()

    def plan(self) -> SizePlan:
        unchecked = [name for name in self.shapes if not self._read_plain(name)]
        while self._solve_one(unchecked):
            pass
        missing = sorted(self.needed - self.known, key=lambda s: s.name)
        self.result.missing = missing
        self.known |= set(missing)
        for name in unchecked:
            self._require(name)
        return self.result

    def _require(self, name: str) -> None:
        self.result.steps.append(Requirement(name, tuple(self._expected(e) for e in self.shapes[name])))

    def _expected(self, extent: Expr) -> str:
        known = extent.free_symbols <= self.known
        text = self.write(extent)
        return str(text) if known else f'"{text}"'

    def _read_plain(self, name: str) -> bool:
        """Requires a shape and reads sizes from it that stand for themselves; whether all of the shape is checked."""
        shape = self.shapes[name]
        self._require(name)
        new = [e for e in dict.fromkeys(shape) if e.is_Symbol and e not in self.known and e in self.wanted]
        named = self.names[name]
        if len(new) == len(shape) > 1:
            self._line(", ".join(self.write(e) for e in shape), f"{named}.shape")
        else:
            for extent in new:
                self._line(self.write(extent), f"{named}.shape[{shape.index(extent)}]")
        checked = all(e.free_symbols <= self.known or (e.is_Symbol and shape.count(e) == 1) for e in shape)
        self.known |= set(new)
        return checked

    def _line(self, target: str, source: str) -> None:
        self.result.steps.append(SizeLine(target, source))

    def _solve_one(self, unchecked: list[str]) -> bool:
        """Finds one more size from an extent that is linear in it alone."""
        for name in unchecked:
            for axis, extent in enumerate(self.shapes[name]):
                unknown = extent.free_symbols - self.known
                if len(unknown) != 1:
                    continue
                (symbol,) = unknown
                slope = extent.coeff(symbol)
                rest = (extent - slope * symbol).expand()
                if slope == 0 or symbol in rest.free_symbols or symbol in slope.free_symbols:
                    continue
                self._line(str(self.write(symbol)), self._solution(f"{self.names[name]}.shape[{axis}]", slope, rest))
                self.known.add(symbol)
                return True
        return False

    def _solution(self, found: str, slope: Expr, rest: Expr) -> str:
        code = Code(found)
        if rest != 0:
            negative = rest.could_extract_minus_sign()
            text = self.write(-rest if negative else rest).within(Level.MUL)
            code = Code(f"{found} {'+' if negative else '-'} {text}", Level.ADD)
        if slope != 1:
            code = Code(f"{code.within(Level.MUL)} // {self.write(slope).within(Level.UNARY)}", Level.MUL)
        return str(code)
