r"""Why a function's numbers are wrong: the known mistake whose numbers they are, carried on to every later gradient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.proving.grids import Grid
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import adjoint, primal
from symbackprop.verifying.diagnosis.mistakes import mistakes_of
from symbackprop.verifying.diagnosis.places import LATE, Mistake, after, before, with_mistake
from symbackprop.verifying.functions.trials import Result, Trial, is_close
from symbackprop.verifying.points import Point
from symbackprop.verifying.truths import Truth

BRANCHES = 3  # explanations of one result that are followed up, where others are still open
FACTOR = 1e-6  # relative: two factors that are one
DEPTH = 2  # how many results are branched over


def diagnoses(trial: Trial, wrong: tuple[Result, ...], ignored: Mapping[str, str]) -> Mapping[str, str]:
    """A sentence for each wrong result that is explained, by its key; what it says holds at every point.

    Each mistake explains a wrong result and all others that follow from it; one more is looked for while some are open.
    `ignored` are the targets that results do not depend on.
    """
    found = {result.key: _nothing_like_numbers(result) for result in wrong}
    shaped = [r for r in wrong if not found[r.key] and r.is_gradient and _has_shape(trial, r)]
    search = _Search(trial, {})
    best = search.explained(trial.truth, tuple(shaped), DEPTH)
    found |= best.sentences
    world = replace(trial, truth=best.world)
    for result in wrong:
        if found[result.key]:
            continue
        if result in shaped:
            found[result.key] = _relation(trial, result)
        else:
            found[result.key] = _shape(world, result) if result.is_gradient else _factor(trial, result)
        if not found[result.key] and result.key in ignored and _should_read(trial, result, ignored[result.key]):
            found[result.key] = f"it is the same for other values of {ignored[result.key]}"
    return {key: sentence for key, sentence in found.items() if sentence}


def _nothing_like_numbers(result: Result) -> str:
    for numbers in result.numbers:
        if numbers is None:
            return f"{result.key} is no array of real numbers"
        if not np.all(np.isfinite(numbers)):
            return f"{result.key} has {'nan' if np.any(np.isnan(numbers)) else 'inf'} in it"
    return ""


def _should_read(trial: Trial, result: Result, target: str) -> bool:
    """Whether the true value depends on a target."""
    name = adjoint(result.tensor) if result.is_gradient else result.tensor
    return target in trial.truth.below(name)


# mistakes


@dataclass(frozen=True, slots=True)
class _Explanation:
    """Sentences by key, and the truth with all mistakes that they speak of."""

    sentences: Mapping[str, str]
    world: Truth


@dataclass(frozen=True, slots=True)
class _Search:
    """The mistakes that explain results; `known` keeps those of each adjoint."""

    trial: Trial
    known: dict[str, tuple[Mistake, ...]]

    def explained(self, base: Truth, open_results: tuple[Result, ...], depth: int) -> _Explanation:
        """The mistakes that explain most of the open results, beside those that `base` has."""
        if not open_results:
            return _Explanation({}, base)
        first, *others = open_results
        best: _Explanation | None = None
        for mistake, world, explained in self._candidates(base, first, open_results)[: BRANCHES if depth else 1]:
            rest = tuple(r for r in open_results if r not in explained)
            more = self.explained(world, rest, depth - 1 if depth else 0)
            sentences = {**{r.key: _said(mistake, r) for r in explained}, **more.sentences}
            if best is None or len(sentences) > len(best.sentences):
                best = _Explanation(sentences, more.world)
            if len(best.sentences) == len(open_results):
                break
        return best or self.explained(base, tuple(others), depth)

    def _candidates(
        self, base: Truth, result: Result, open_results: tuple[Result, ...]
    ) -> list[tuple[Mistake, Truth, list[Result]]]:
        """Mistakes that give `result` and leave right what is right, those that explain most first, one an adjoint."""
        space = base.swept().space
        found: dict[str, tuple[Mistake, Truth, list[Result]]] = {}
        for name in self._behind(space, result):
            between = after(space, name, within=self._behind(space, result))
            for mistake in self._mistakes(name):
                worlds = (with_mistake(point, mistake, between, space) for point in base.points)
                if not all(self._gives(point, result, at) for at, point in enumerate(worlds)):
                    continue
                world = _world(base, mistake)
                if any(r.is_gradient and not _matches(self.trial, world, r) for r in self.trial.right):
                    continue
                explained = [r for r in open_results if _matches(self.trial, world, r)]
                if name not in found or len(explained) > len(found[name][2]):
                    found[name] = (mistake, world, explained)
        return sorted(found.values(), key=lambda candidate: (-len(candidate[2]), candidate[0].kind in LATE))

    def _behind(self, space: Space, result: Result) -> list[str]:
        """The tensors on whose adjoints a result rests, itself first."""
        name = adjoint(result.tensor)
        return [primal(n) for n in (name, *before(space, name)) if primal(n) in self.trial.truth.derivation.adjoints]

    def _mistakes(self, name: str) -> tuple[Mistake, ...]:
        if name not in self.known:
            self.known[name] = tuple(mistakes_of(self.trial.truth.derivation, name))
        return self.known[name]

    def _gives(self, point: Point, result: Result, at: int) -> bool:
        """Whether a result's numbers at one point are those of this point."""
        value = point.values[adjoint(result.tensor)]
        scaled = value * self.trial.unit(result, point, self.trial.meaning)
        found = result.numbers[at]
        return found is not None and is_close(
            found, self.trial.arrangement.arranged(result.tensor, scaled), result.close
        )


def _said(mistake: Mistake, result: Result) -> str:
    own = mistake.name == adjoint(result.tensor)
    return mistake.sentence if own else f"in d{primal(mistake.name)}: {mistake.sentence}"


def _world(truth: Truth, mistake: Mistake) -> Truth:
    """The truth with one adjoint mistaken, and all that follows from it."""
    space = truth.swept().space
    following = after(space, primal(mistake.name))
    points = tuple(with_mistake(point, mistake, following, space) for point in truth.points)
    return replace(truth, space=space.with_definitions({mistake.name: mistake.array, **following}), points=points)


def _matches(trial: Trial, world: Truth, result: Result) -> bool:
    """Whether a world gives a result's numbers at every point."""
    other = replace(trial, truth=world)
    return other.gives(result, other.expected(result))


# numbers beside numbers


def _relation(trial: Trial, result: Result) -> str:
    """How wrong numbers of the right shape are related to true ones."""
    other = _another(trial, result)
    if other:
        return other
    expected = trial.expected(result)
    pairs = list(zip(result.numbers, expected, strict=True))
    if all(f is not None and f.ndim == 2 and is_close(f.T, e, result.close) for f, e in pairs):
        return "it is transposed"
    for axis in range(expected[0].ndim):
        if all(f is not None and is_close(np.flip(f, axis), e, result.close) for f, e in pairs):
            return "its entries stand in reverse order"
    return _factor(trial, result)


def _another(trial: Trial, result: Result) -> str:
    """Whether it is the gradient by another tensor."""
    for name in trial.truth.derivation.adjoints:
        if name != result.tensor and _matches(trial, trial.truth, replace(result, tensor=name)):
            return f"this is the gradient by {name}"
    return ""


def _factor(trial: Trial, result: Result) -> str:
    """A number by which all entries are multiplied: the same at every point, or that times a size or one over it."""
    ratios = []
    for found, expected in zip(result.numbers, trial.expected(result), strict=True):
        ratio = _ratio(found, expected)
        if ratio is None:
            return ""
        ratios.append(ratio)
    constant = _constant(ratios, result.close)
    if constant is not None:
        return f"it is {constant:.6g} times the true value"
    points = trial.truth.points
    for symbol in points[0].sizes:
        name, counts = symbol.name, [point.sizes[symbol] for point in points]
        missing = _constant([ratio / count for ratio, count in zip(ratios, counts, strict=True)], result.close)
        if missing is not None:
            return f"1/{name} is missing{_instead(missing)}"
        doubled = _constant([ratio * count for ratio, count in zip(ratios, counts, strict=True)], result.close)
        if doubled is not None and abs(doubled - 1) <= FACTOR:
            return f"1/{name} is too much"
    return ""


def _constant(ratios: list[float], close: float) -> float | None:
    """The one number that all of these are."""
    same = all(abs(ratio - ratios[0]) <= close * abs(ratios[0]) for ratio in ratios)
    return ratios[0] if same else None


def _instead(factor: float) -> str:
    """A number beside a size that is missing: `, 1/5 stands in its place`; none where it is 1."""
    if abs(factor - 1) <= FACTOR:
        return ""
    whole = round(1 / factor) if factor else 0
    number = f"1/{whole}" if whole > 1 and abs(factor * whole - 1) <= FACTOR else f"{factor:.6g}"
    return f", {number} stands in its place"


def _ratio(found: Grid | None, expected: Grid) -> float | None:
    if found is None or found.size != expected.size or not np.any(expected):
        return None
    flat, true = found.ravel(), expected.ravel()
    place = int(np.argmax(np.abs(true)))
    ratio = float(flat[place] / true[place])
    return ratio if is_close(flat, ratio * true, 1e-6) else None


# shapes


def _has_shape(trial: Trial, result: Result) -> bool:
    pairs = zip(result.numbers, trial.expected(result), strict=True)
    return all(found is not None and found.shape == true.shape for found, true in pairs)


def _shape(trial: Trial, result: Result) -> str:
    """What numbers of another shape are: turned, not summed, summed too much, with axes of size 1."""
    points = trial.truth.points
    expected = trial.expected(result)
    true = _true_values(trial, result, points)
    found = [f for f in result.numbers if f is not None]
    for words, values in _reshaped(expected):
        if all(is_close(f, v, result.close) for f, v in zip(found, values, strict=True)):
            return words
    for name, adjoints in true:
        for words, values in _sums(adjoints):
            for factor in _counts(points):
                scaled = [v * c for v, c in zip(values, factor, strict=True)]
                if all(is_close(f, v, result.close) for f, v in zip(found, scaled, strict=True)):
                    return f"{words.format(name=f'd{name}')}: d{result.tensor} is the sum of d{name} over the samples"
    return f"{result.key} has the shape {found[0].shape}, where {result.tensor} has {expected[0].shape}"


def _reshaped(expected: tuple[Grid, ...]) -> Iterator[tuple[str, list[Grid]]]:
    yield "the result is transposed", [e.T for e in expected]
    if all(e.ndim == 1 for e in expected):
        yield "the result is right, but of shape (n, 1)", [e[:, None] for e in expected]
        yield "the result is right, but of shape (1, n)", [e[None, :] for e in expected]
    yield "all of its entries are added up", [np.sum(e) for e in expected]


def _true_values(trial: Trial, result: Result, points: tuple[Point, ...]) -> list[tuple[str, list[Grid]]]:
    """The adjoints of the tensors that read this one, at each point."""
    derivation = trial.truth.derivation
    readers = [e.tensor for e in derivation.model.order if result.tensor in tensors_in(e.expression)]
    known = [name for name in readers if name in derivation.adjoints]
    return [(name, [trial.arrangement.arranged(name, p.values[adjoint(name)]) for p in points]) for name in known]


def _sums(adjoints: list[Grid]) -> Iterator[tuple[str, list[Grid]]]:
    """What people make of the adjoint of z for the bias: nothing, sums over the wrong axis or over all."""
    yield "the sum over the samples is missing, {name} stands as it is", adjoints
    if adjoints[0].ndim == 2:
        for axis in (0, 1):
            yield "{name} is summed over the wrong axis", [a.sum(axis=axis) for a in adjoints]
            yield "{name} is summed over the wrong axis", [a.sum(axis=axis, keepdims=True) for a in adjoints]
    yield "{name} is summed over all of its entries", [np.asarray(a.sum()) for a in adjoints]


def _counts(points: tuple[Point, ...]) -> Iterator[list[float]]:
    """1, and one over each size."""
    yield [1.0] * len(points)
    for symbol in points[0].sizes:
        yield [1 / point.sizes[symbol] for point in points]
