r"""Why a claim is wrong: the known mistake that gives the person's formula, or the single edit that makes it right.

Both are found by numbers at the points that refuted the claim, never guessed: a mistake must give the person's numbers
at every point, an edited formula must agree with the other side at every point. Before it is spoken it is proved, or
the points are of several sizes: a factor 3 is no m. The likeliest are tried first, and how many are tried is bounded,
so that the words depend on the claim and the model alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, islice, takewhile

import numpy as np
from sympy import Expr, KroneckerDelta

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import tensors_in
from symbackprop.algebra.proving.grids import Grid, TooLargeError
from symbackprop.algebra.symbols import Apply, adjoint, is_adjoint, primal
from symbackprop.errors import SymbackpropError
from symbackprop.notation.claims.readings import resolve
from symbackprop.notation.claims.records import Claim, Reading, Scale, Side, rooted
from symbackprop.notation.reading.syntax import Name, Node, Partial, Subscript, children
from symbackprop.notation.reading.values import Value
from symbackprop.verifying.claims.comparing import Pair, pair_of, proved, screened
from symbackprop.verifying.claims.contexts import Context
from symbackprop.verifying.claims.judging import Basis, Judgement, judge
from symbackprop.verifying.claims.meanings import NoMeaningError
from symbackprop.verifying.claims.rulings import Ruling
from symbackprop.verifying.diagnosis.edits import Edit, Surroundings, edits_of, fitting_edits_of, small_edits_of
from symbackprop.verifying.diagnosis.mistakes import forward_mistakes_of, local_mistakes_of, mistakes_of
from symbackprop.verifying.diagnosis.places import LATE, Mistake, after, before, with_mistake
from symbackprop.verifying.diagnosis.spots import spots
from symbackprop.verifying.points import Point, agree
from symbackprop.verifying.truths import Truth, partial_of

MAX_EDITS = 500
MAX_INHERITED = 150  # mistakes in other adjoints that a formula may carry on
MAX_THROUGH_STEPS = 30  # of them where each runs a recurrence anew
THROUGH_STEPS = 5  # what trying one of these counts as
TRIES = 2_000  # in all lines of a note: edits, and mistakes
SHORT = 60  # parts of a formula, up to which an edit of it counts as one; a longer one is read anew more slowly
SHALLOW = 8  # formulas one in the other, up to which it does
_SCALES: tuple[Scale, Scale] = ("one sample", "all samples")


@dataclass(slots=True)
class Allowance:
    """How much may still be tried in a note. A line takes half of that at most, so that later ones have something."""

    left: int = TRIES

    def share(self) -> Allowance:
        """What one line may try, taken from what is left; it gives back what it has not used."""
        own = Allowance(self.left // 2)
        self.left -= own.left
        return own

    def takes(self, count: int = 1) -> bool:
        """Whether so much more may be tried, which then counts as tried."""
        if count > self.left:
            return False
        self.left -= count
        return True


def diagnosis_of(number: int, ruling: Ruling, context: Context, allowance: Allowance) -> str:
    """What is wrong with a line that is refuted, in words; empty where nothing known explains it.

    It is looked for at the scale of the lines around it, in the reading that was judged, then in another one.
    """
    line = ruling.line
    assert isinstance(line, Claim)
    if ruling.judgement.screen is not None and ruling.judgement.screen.status == "agree":
        return ""  # floats do not tell the claim from what is true, and so not from what it might have been
    own = allowance.share()
    found = (
        diagnose(line, judgement, home.basis(judgement.reading.scale), own)
        for judgement, home in _judgements(number, ruling, context)
        if judgement.reading is not None
    )
    sentence = next(filter(None, found), f"right if {ruling.hint}" if ruling.hint else "")
    allowance.left += own.left
    return sentence


def _judgements(number: int, ruling: Ruling, context: Context) -> Iterator[tuple[Judgement, Context]]:
    """The judgements on a line that may explain it, each once, with the context of each."""
    judged = (ruling.judgement, ruling.context)
    if context.ranked:
        yield judged
        return
    one, whole = ((context.at_scale(number, scale), context) for scale in _SCALES)
    seen: list[Judgement] = []
    for judgement, home in [whole, judged, one] if _is_of_all(context) else [judged, one, whole]:
        if not any(judgement is other for other in seen):
            seen.append(judgement)
            yield judgement, home


def _is_of_all(context: Context) -> bool:
    """Whether some lines of the note are right for all samples alone, and none for one sample alone."""
    right = [
        tuple(context.at_scale(number, scale).status == "right" for scale in _SCALES)
        for number in range(len(context.lines))
    ]
    return (False, True) in right and (True, False) not in right


def diagnose(claim: Claim, judgement: Judgement, basis: Basis, allowance: Allowance) -> str:
    """What is wrong with a claim that was judged wrong, in words; empty where nothing known explains it."""
    for step in _steps(claim, judgement, basis):
        if step.reading is None or step.status != "wrong" or not allowance.left:
            continue
        search = _Search(claim, step.reading, step, _with_derivatives(step.reading, basis), allowance)
        found = chain(
            search.otherwise_partial(),
            search.negated(),
            search.only_diagonal(),
            search.edited(small_edits_of),
            search.mistaken(_is_likely),
            search.mistaken(search.is_written),
            search.inherited(_is_likely),
            search.mistaken(lambda mistake: not _is_likely(mistake)),
            search.edited(edits_of if step.pair is not None else fitting_edits_of),
            search.inherited(lambda mistake: not _is_likely(mistake)),
        )
        if sentence := next(found, ""):
            return sentence
    return ""


def _with_derivatives(reading: Reading, basis: Basis) -> Basis:
    """The basis with the derivatives that stand in sides without a value: an edit may give these one."""
    names = {name for side in reading.sides if side.value is None for name in _derivatives_in(side.node)}
    return replace(basis, truth=basis.truth.with_partials(sorted(names))) if names else basis


def _derivatives_in(node: Node) -> Iterator[str]:
    """The names of the derivatives of tensors by tensors in a formula."""
    if isinstance(node, Partial):
        of, by = (end.base if isinstance(end, Subscript) else end for end in (node.of, node.by))
        if isinstance(of, Name) and isinstance(by, Name):
            yield rooted(of.name, by.name)
    for part in children(node):
        yield from _derivatives_in(part)


def _steps(claim: Claim, judgement: Judgement, basis: Basis) -> Iterator[Judgement]:
    """The judgement; of a chain that on the step that breaks, then on its end beside the first side, which is equal."""
    reading, at = judgement.reading, judgement.side
    if reading is None or len(reading.sides) == 2 or claim.kind == "update":
        yield judgement
        return
    for start in dict.fromkeys((at - 1, 0)):
        yield judge(claim, replace(reading, sides=(reading.sides[start], reading.sides[at])), basis)


def _cost(node: Node) -> int:
    """What it counts to try an edit of a formula: more for a long one, and for one with many formulas in each other."""
    parts = sum(1 for _ in spots(node)) * max(1, _depth(node) - SHALLOW)
    return max(1, (parts // SHORT) ** 2)


def _depth(node: Node) -> int:
    return 1 + max(map(_depth, children(node)), default=0)


def _is_likely(mistake: Mistake) -> bool:
    return mistake.kind not in LATE


@dataclass(frozen=True, slots=True)
class _Search:
    """A wrong claim with all that it takes to try out what could be wrong with it."""

    claim: Claim
    reading: Reading
    judgement: Judgement
    basis: Basis
    allowance: Allowance
    _made: dict[str, tuple[Mistake, ...]] = field(default_factory=dict)
    _written: dict[Expr, tuple[Grid | None, ...]] = field(default_factory=dict)

    # partial or total

    def otherwise_partial(self) -> Iterator[str]:
        """The other meaning of the derivatives that have several paths, if the claim is right in it."""
        partials = self.basis.partials
        read = {name for side in self.reading.sides if side.value for name in tensors_in(side.value.expression)}
        names = sorted(read & partials.several.keys())
        if names and judge(self.claim, self.reading, replace(self.basis, partials=partials.other())).status == "right":
            yield "; ".join(partials.reproach(name) for name in names)

    # the whole

    def negated(self) -> Iterator[str]:
        """The other sign for all of it."""
        for pair in self._pairs():
            turned = replace(pair, right=-pair.right)
            if pair.right != 0 and screened(turned, self.basis.truth.points).status == "agree":
                yield "the sign is wrong: this is the negative of what it should be"

    def only_diagonal(self) -> Iterator[str]:
        """The derivative of a tensor that reads all entries of another, as if each entry read its own alone."""
        subject = self.reading.sides[0].subject
        for pair in self._pairs():
            if subject.kind != "local derivative" or len(pair.indices) != 2 or pair.shape[0] != pair.shape[1]:
                continue
            own = replace(pair, left=pair.left * KroneckerDelta(*pair.indices))
            if screened(own, self.basis.truth.points).status == "agree":
                of, by = subject.of, subject.name
                yield f"{of} is treated entry by entry: each of its entries reads every entry of {by}"

    # edits

    @property
    def _places(self) -> tuple[int, ...]:
        """The sides that may be wrong, the likelier first: the later one, unless it alone names what is claimed."""
        later = min(self.judgement.side, len(self.reading.sides) - 1)
        earlier = max(later - 1, 0)
        kinds = [self.reading.sides[at].subject.kind for at in (earlier, later)]
        return (earlier,) if kinds[0] == "expression" and kinds[1] != "expression" else (later,)

    def edited(self, edits: Callable[[Node, Surroundings], Iterator[Edit]]) -> Iterator[str]:
        """The edits that make the claim right."""
        for at in self._places:
            side = self.reading.sides[at]
            cost = _cost(side.node)
            for edit in islice(edits(side.node, self._surroundings), MAX_EDITS):
                if not self.allowance.takes(cost):
                    return
                if self._is_right(at, edit.node):
                    yield edit.sentence

    @property
    def _surroundings(self) -> Surroundings:
        """Tensors in the order in which they are likely: those computed, data, parameters."""
        roles = ("intermediate", "input", "target", "constant", "parameter")
        claimed = frozenset(side.subject.name for side in self.reading.sides if side.subject.kind == "adjoint")
        tensors = [tensor for tensor in self.basis.truth.model.tensors if tensor.role in roles]
        names = [tensor.name for tensor in sorted(tensors, key=lambda tensor: roles.index(tensor.role))]
        samples = self.basis.truth.derivation.source.samples
        size = None if samples is None else str(samples.size)
        return Surroundings(self.reading.scope, tuple(names), size, claimed)

    def _is_right(self, at: int, node: Node) -> bool:
        try:
            value = resolve(node, self.reading.scope)
            side = replace(self.reading.sides[at], node=node, value=value, error=None)
            if self.claim.kind == "update":
                return self._update_is_right(at, side)
            other = self.reading.sides[at - 1 if at else at + 1]
            return other.value is not None and self._agree(other.value, value)
        except (SymbackpropError, NoMeaningError, TooLargeError, ArithmeticError):
            return False

    def _update_is_right(self, at: int, side: Side) -> bool:
        sides = (*self.reading.sides[:at], side, *self.reading.sides[at + 1 :])
        return judge(self.claim, replace(self.reading, sides=sides), self.basis).status in ("right", "undecided")

    def _agree(self, left: Value, right: Value) -> bool:
        free = len(self.reading.indices)
        pair = pair_of(self.basis.value(left), self.basis.value(right), free, self.basis.samples)
        if pair is None:
            return False
        points = self.basis.truth.points
        agree_there = all(screened(pair, some).status == "agree" for some in (points[:1], points))
        return agree_there and _holds_at_other_sizes(pair, self.basis.truth)

    # mistakes

    def mistaken(self, wanted: Callable[[Mistake], bool]) -> Iterator[str]:
        """The mistakes in what the claim is about that give the person's formula."""
        for pair in self._pairs():
            for name in self._subjects(pair):
                tried = takewhile(lambda _: self.allowance.takes(), filter(wanted, self._mistakes(name)))
                found = [mistake for mistake in tried if self._explains(mistake, pair, {})]
                if found:
                    alike = [m for m in found if m.kind is found[0].kind]
                    yield min(alike, key=lambda m: _unlike(m.array.expression, pair.right)).sentence
        yield from self._local(wanted)

    def is_written(self, mistake: Mistake) -> bool:
        """Whether the mistake brings in a tensor, and the person's formula names it."""
        space = self.basis.truth.space
        true = tensors_in(space.definitions[mistake.name].expression) if mistake.name in space.definitions else set()
        new = tensors_in(mistake.array.expression) - true
        return bool(new) and new <= {name for pair in self._pairs() for name in tensors_in(pair.right)}

    def inherited(self, wanted: Callable[[Mistake], bool]) -> Iterator[str]:
        """The mistakes in adjoints further back that give the person's formula, all that follows being right."""
        truth = self.basis.truth
        swept, most = truth.swept().space, MAX_THROUGH_STEPS if truth.recurrent else MAX_INHERITED
        for pair in self._pairs():
            for subject in self._subjects(pair):
                if not is_adjoint(subject):
                    continue
                behind = before(swept, subject)
                within = [primal(name) for name in (subject, *behind)]
                found = ((name, mistake) for name in behind for mistake in self._mistakes(name) if wanted(mistake))
                for name, mistake in islice(found, most):
                    if not self.allowance.takes(THROUGH_STEPS if truth.recurrent else 1):
                        return
                    if self._explains(mistake, pair, after(swept, primal(name), within)):
                        yield f"in {_called(name)}: {mistake.sentence}"

    def _pairs(self) -> tuple[Pair, ...]:
        """The two sides, what the claim is about on the left."""
        pair = self.judgement.pair
        if pair is None:
            return ()
        turned = Pair(pair.indices, pair.shape, pair.right, pair.left)
        at = self._places[0]
        return (pair,) if at == self.judgement.side or at == len(self.reading.sides) - 1 else (turned,)

    def _subjects(self, pair: Pair) -> tuple[str, ...]:
        """What the left side reads: adjoints before tensors."""
        names = [name for name in self.basis.truth.space.definitions if name in tensors_in(pair.left)]
        return tuple(sorted(names, key=lambda name: not is_adjoint(name)))

    def _mistakes(self, name: str) -> tuple[Mistake, ...]:
        """The known mistakes in a definition; made once, though several kinds are sought among them in turn."""
        if name not in self._made:
            self._made[name] = tuple(self._made_mistakes(name))
        return self._made[name]

    def _made_mistakes(self, name: str) -> Iterator[Mistake]:
        derivation, ends = self.basis.truth.derivation, partial_of(name)
        if ends is not None and ends[0] not in (self.basis.truth.loss, self.basis.truth.cost):
            return local_mistakes_of(derivation, name, ends[1], self.basis.truth.space.definitions[name])
        if is_adjoint(name):
            return mistakes_of(derivation, primal(name)) if primal(name) in derivation.adjoints else iter(())
        definition = derivation.model.space.definitions.get(name)
        return iter(()) if definition is None else forward_mistakes_of(derivation, name, definition)

    def _explains(self, mistake: Mistake, pair: Pair, following: Mapping[str, Array]) -> bool:
        """Whether the left side with the mistake, and what follows from it, is the right side at every point."""
        truth = self.basis.truth
        space = truth.space if not following else truth.swept().space
        if pair.right not in self._written:
            self._written[pair.right] = tuple(_valued(point, pair.array(pair.right)) for point in truth.points)
        for point, written in zip(truth.points, self._written[pair.right], strict=True):
            left = _valued(with_mistake(point, mistake, following, space), pair.array(pair.left))
            if left is None or written is None or not agree(left, written):
                return False
        return _has_several_sizes(truth) or _holds_at_other_sizes(pair, _mistaken(truth, mistake, following))

    def _local(self, wanted: Callable[[Mistake], bool]) -> Iterator[str]:
        """The mistakes in a local derivative that goes entry by entry: the adjoint's with 1 for the one above."""
        subject = self.reading.sides[0].subject
        if subject.kind != "local derivative" or subject.name not in self.basis.truth.derivation.adjoints:
            return
        array = self.reading.sides[-1].value
        for mistake in mistakes_of(self.basis.truth.derivation, subject.name):
            if array is not None and wanted(mistake) and self._is_local(mistake, adjoint(subject.of), array.array):
                yield mistake.sentence

    def _is_local(self, mistake: Mistake, above: str, written: Array) -> bool:
        for point in self.basis.truth.points:
            ones = replace(point, values={**point.values, above: np.ones_like(point.values[above])})
            expected, found = _valued(ones, mistake.array), _valued(point, written)
            if expected is None or found is None or not agree(found, expected):
                return False
        return True


def _holds_at_other_sizes(pair: Pair, truth: Truth) -> bool:
    """Whether two sides that agree at all points do so at other sizes too."""
    return _has_several_sizes(truth) or proved(pair, truth) is not None


def _has_several_sizes(truth: Truth) -> bool:
    """Whether the points are of several sizes, or there is but one."""
    sizes = {frozenset(point.sizes.items()) for point in truth.points}
    return len(sizes) > 1 or sizes == {frozenset()}


def _mistaken(truth: Truth, mistake: Mistake, following: Mapping[str, Array]) -> Truth:
    """The truth with a mistake in one definition, and with what follows from it."""
    return truth.with_definitions({mistake.name: mistake.array, **following})


def _unlike(mistaken: Expr, written: Expr) -> int:
    """In how many tensors and functions two formulas for the same numbers differ."""
    one, other = (tensors_in(e) | {f"{a.name}{a.order}" for a in e.atoms(Apply)} for e in (mistaken, written))
    return len(one ^ other)


def _valued(point: Point, array: Array) -> Grid | None:
    try:
        return point.value(array)
    except (KeyError, TooLargeError):
        return None


def _called(name: str) -> str:
    return f"d{primal(name)}"
