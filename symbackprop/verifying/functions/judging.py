r"""A hand-written gradient function, judged by its numbers at points that tell mistakes apart.

It is called as it is, with copies of the arrays; what it returns is compared with the true adjoints. Agreement is no
proof and is not called one: so many points, so many digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from symbackprop.algebra.proving.grids import TooLargeError
from symbackprop.algebra.space import Fact
from symbackprop.algebra.symbols import Apply
from symbackprop.errors import DerivationError, UsageError, suggestion
from symbackprop.model.model import Model
from symbackprop.notation.conventions import Stand
from symbackprop.verifying.claims.meanings import Meaning, others, stated
from symbackprop.verifying.functions.arrangements import arrangements_of
from symbackprop.verifying.functions.calling import Signature, called, signature_of
from symbackprop.verifying.functions.explaining import diagnoses
from symbackprop.verifying.functions.trials import Result, Trial, targets_ignored, tried
from symbackprop.verifying.points import Point, digits_of, telling_points
from symbackprop.verifying.truths import Truth, Truths
from symbackprop.verifying.verdicts import Report, Status, Verdict

POINTS = 3
MOST = 12  # points, where some are added


def verify_function(
    model: Model, function: Callable[..., Any], *, one_over_m: Stand = "parameters", points: int | None = None
) -> Report:
    """The verdicts on each gradient that a function returns, and on how it treats its arguments.

    Its arguments are found by their names, X for x too, `params` being a dict of all tensors. It may return a dict by
    name (W1, dW1, grad_W1), `(loss, dict)`, a tuple in the order of the parameters, or one array. `one_over_m` says
    whether intermediate adjoints (dz1) are those of the samples' own losses ("parameters") or of the cost ("adjoints").
    It is compared at so many `points`, each of other sizes; at 3 by default, more where a target has many classes.

    Raises:
        UsageError: no function, an argument that is no tensor, or a model whose functions have no formula.
        DerivationError: a model too large to compute beside it.
    """
    if points is not None and points < 1:
        raise UsageError("a function is compared at 1 point at least", fix="Leave `points` out, or give a number.")
    _check_formulas(model)
    signature = signature_of(function, model)
    try:
        truth = _truth(model, one_over_m, points)
        best = _best_trial(function, signature, truth, stated(truth, one_over_m))
        words, judged = _meant(best, function, signature, one_over_m)
    except TooLargeError as error:
        raise DerivationError(f"{model.name} is too large to compute beside a function: {error}") from None
    return Report(called(function), tuple(_verdicts(best, words, judged, function, signature)))


def _check_formulas(model: Model) -> None:
    for equation in model.order:
        for name in sorted({part.name for part in equation.expression.atoms(Apply)}):
            known = model.functions.get(name)
            if known is None or known.expression is None:
                raise UsageError(
                    f"the function {name} of the model has no formula, so there are no numbers to compare",
                    fix=f"Give it one: function {name}(x) = ...",
                    name=name,
                )


@lru_cache(maxsize=8)
def _truth(model: Model, one_over_m: Stand, count: int | None) -> Truth:
    """All adjoints and their values at the points; the same for every function of one model."""
    truth = Truths(model, one_over_m).at("all samples")
    least, most = (POINTS, MOST) if count is None else (count, count)
    return replace(truth, points=telling_points(truth.derivation, least, most))


def _best_trial(function: Callable[..., Any], signature: Signature, truth: Truth, meaning: Meaning) -> Trial:
    """The trial with the arrays as the model has them, or in the first other arrangement in which more is right."""
    best: Trial | None = None
    for arrangement in arrangements_of(truth.derivation):
        trial = tried(function, signature, truth, meaning, arrangement)
        if best is None or trial.worth > best.worth:
            best = trial
        if best.is_right:
            break
    assert best is not None
    return best


def _meant(
    trial: Trial, function: Callable[..., Any], signature: Signature, one_over_m: Stand
) -> tuple[str, tuple[Result, ...]]:
    """The convention under which everything is right, in words, and the results that are right under it."""
    if trial.failure is not None or not trial.results or len(trial.right) == len(trial.results):
        return "", trial.right
    for meaning in others(trial.truth, one_over_m):
        if all(trial.agrees(result, meaning) for result in trial.results) and _is_told(trial, meaning):
            return meaning.words, trial.results
    for words, truth in _informed(trial.truth, one_over_m):
        other = tried(
            function, signature, truth, trial.meaning, replace(trial.arrangement, derivation=truth.derivation)
        )
        if other.is_right:
            return words, trial.results
    return "", trial.right


def _is_told(trial: Trial, meaning: Meaning) -> bool:
    """Whether a convention explains several results, and not a single one that is wrong."""
    return len(trial.results) > 1 or meaning.plain[0] != trial.meaning.plain[0]


def _informed(truth: Truth, one_over_m: Stand) -> Iterator[tuple[str, Truth]]:
    """The targets summing to 1, where the model does not say so."""
    model = truth.derivation.source
    for tensor in model.tensors:
        if tensor.role != "target" or not tensor.shape or tensor.shape[0] == 1 or tensor.facts:
            continue
        known = replace(tensor, facts=(Fact(tensor.name, "distribution", 0),))
        informed = replace(model, tensors=tuple(known if t is tensor else t for t in model.tensors))
        words = f"if the entries of {tensor.name} sum to 1, which the model does not say"
        yield words, _truth(informed, one_over_m, len(truth.points))


# verdicts


def _verdicts(
    trial: Trial, words: str, right: tuple[Result, ...], function: Callable[..., Any], signature: Signature
) -> Iterator[Verdict]:
    if trial.failure is not None:
        because, where = trial.failure.because, trial.failure.where
        yield Verdict(Status.UNREADABLE, "the function", where=where, because=f"{because}. {_given(trial)}")
        return
    wrong = tuple(result for result in trial.results if result not in right)
    why = diagnoses(trial, wrong, targets_ignored(function, signature, trial)) if wrong else {}
    for result in trial.results:
        yield (
            _verdict(trial, result, words, why.get(result.key, ""))
            if result in wrong
            else _agreeing(trial, result, words)
        )
    for name in trial.missing:
        yield Verdict(Status.UNREADABLE, f"d{name}", subject=name, because=f"it returns no gradient by {name}")
    for key in trial.unknown:
        yield _unknown(key, trial)
    for sentence in trial.behaviour:
        yield Verdict(Status.REFUTED, "the function", method="called twice", diagnosis=sentence, because=sentence)


def _base(trial: Trial, result: Result, status: Status) -> Verdict:
    root = trial.truth.derivation.root
    subject = f"∂{root}/∂{result.tensor}" if result.is_gradient else result.tensor
    return Verdict(status, result.key, subject=subject, method="numbers", scope=_scope(trial.truth.points))


def _scope(points: tuple[Point, ...]) -> str:
    """`m = 3, 4, 5; n = 4, 5, 3`: each size at one point after the other."""
    sizes = ((symbol.name, [str(point.sizes[symbol]) for point in points]) for symbol in points[0].sizes)
    return "; ".join(f"{name} = {', '.join(counts)}" for name, counts in sizes)


def _sizes(point: Point) -> str:
    return ", ".join(f"{symbol.name} = {count}" for symbol, count in point.sizes.items())


def _agreeing(trial: Trial, result: Result, words: str) -> Verdict:
    """Right as stated, or under a convention that its arrangement or its other results tell."""
    said = [trial.arrangement.words] if not trial.arrangement.is_stated else []
    if words and not trial.agrees(result):
        said.append(words)
    base = _base(trial, result, Status.CONVENTION if said else Status.AGREES)
    expected = trial.expected(result)
    pairs = [(f, e) for f, e in zip(result.numbers, expected, strict=True) if f is not None and f.size == e.size]
    digits = 0 if words in said else min((digits_of(f.reshape(e.shape), e) for f, e in pairs), default=0)
    return replace(base, convention=" and ".join(said), points=len(expected), digits=digits)


def _verdict(trial: Trial, result: Result, words: str, diagnosis: str) -> Verdict:
    """Wrong: the entry that differs most at the first point where one does."""
    base = replace(_base(trial, result, Status.REFUTED), diagnosis=diagnosis)
    for point, found, expected in zip(trial.truth.points, result.numbers, trial.expected(result), strict=True):
        if found is None:
            return replace(base, because=f"{result.key} is no array of real numbers")
        if found.shape != expected.shape:
            shapes = f"{result.key} has the shape {found.shape}, where {result.tensor} has {expected.shape}"
            return replace(base, witness=f"{_sizes(point)}: {shapes}".removeprefix(": "), because=shapes)
        gap = np.where(np.isfinite(found), np.abs(found - expected), np.inf)
        if np.max(gap, initial=0.0) > result.close * (float(np.max(np.abs(expected), initial=0.0)) or 1.0):
            return _differing(base, result, point, found, expected, gap)
    return base


def _differing(base: Verdict, result: Result, point: Point, found: np.ndarray, expected: np.ndarray, gap) -> Verdict:
    at = np.unravel_index(int(np.argmax(gap)), gap.shape)
    entry = f"{result.key}[{', '.join(str(int(i)) for i in at)}]" if at else result.key
    true, given = f"{float(expected[at]):.6g}", f"{float(found[at]):.6g}"
    place = f"{_sizes(point)}: " if point.sizes else ""
    return replace(
        base, expected=true, found=given, witness=f"{place}{entry} is {true}, and the function gives {given}"
    )


def _given(trial: Trial) -> str:
    """The shapes of the arrays that the function was called with."""
    point = trial.last or trial.truth.points[0]
    names = [
        t.name for t in trial.truth.model.tensors if not trial.truth.model.defines(t.name) and t.name in point.values
    ]
    shapes = (f"{name} {'×'.join(map(str, point.values[name].shape)) or 'a number'}" for name in names)
    return f"It was called with {', '.join(shapes)}."


def _unknown(key: str, trial: Trial) -> Verdict:
    known = [f"d{tensor.name}" for tensor in trial.truth.model.parameters]
    fix = suggestion(key, known) or f"Name gradients like their parameters: {', '.join(known)}."
    return Verdict(Status.UNREADABLE, key, because=f"there is no tensor for the result {key}. {fix}")
