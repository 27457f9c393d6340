r"""What a whole note stands on: a model under one convention, the note as it reads there, and its judgements.

Beside the stated model and convention there are others that an author may have in mind. A line that is wrong as stated
and right under another one is a matter of convention, if no other line speaks against it: a line that is right as
stated and wrong there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from symbackprop.algebra.space import Fact
from symbackprop.model.model import Model
from symbackprop.notation.conventions import Stand
from symbackprop.notation.reading.claims import Claim, Scale, Unreadable
from symbackprop.verifying.claims.judging import Ground, Judgement, judge, names_in
from symbackprop.verifying.claims.layouts import turned_model, turned_truth
from symbackprop.verifying.claims.meanings import Meaning, others, stated
from symbackprop.verifying.claims.witnesses import Certifier
from symbackprop.verifying.points import points_of
from symbackprop.verifying.truths import Truth, Truths

Line = Claim | Unreadable
Note = Callable[[Model], Sequence[Line]]
"""A note as it reads beside a model."""

_ORDER = {"right": 0, "undecided": 1, "wrong": 2, "void": 3}


@dataclass(slots=True)
class Grounds:
    """A note beside one model under one convention; `words` name the convention, none for the stated one.

    `rereads` says that shapes are others than those stated, so that the note was read anew.
    """

    lines: tuple[Line, ...]
    truth_at: Callable[[Scale], Truth]
    one_over_m: Stand
    words: str = ""
    rereads: bool = False
    _grounds: dict[Scale, Ground] = field(default_factory=dict)
    _certifiers: dict[int, Certifier] = field(default_factory=dict)
    _judged: dict[int, tuple[Judgement, ...]] = field(default_factory=dict)

    def ground(self, scale: Scale) -> Ground:
        """What readings at one scale stand on, with all derivatives that the note reads."""
        if scale not in self._grounds:
            claims = [line for line in self.lines if isinstance(line, Claim)]
            at_scale = [replace(c, readings=tuple(r for r in c.readings if r.scale == scale)) for c in claims]
            rates = [reading.rate for claim in at_scale for reading in claim.readings if reading.rate]
            truth = self.truth_at(scale).with_scalars(rates).with_partials(sorted(names_in(at_scale)))
            self._grounds[scale] = Ground(truth, self._meaning(truth))
        return self._grounds[scale]

    def truth(self, scale: Scale) -> Truth:
        """The truth at one scale, with all that the note reads."""
        return self.ground(scale).truth

    def _meaning(self, truth: Truth) -> Meaning:
        known = stated(truth, self.one_over_m)
        return next((m for m in others(truth, self.one_over_m) if m.words == self.words), known)

    def certifier(self, truth: Truth) -> Certifier:
        return self._certifiers.setdefault(id(truth), Certifier(truth))

    def judgement(self, number: int) -> Judgement:
        """The best judgement on a line over its readings, the likeliest first, at a scale that fits its neighbours."""
        lines = range(len(self.lines))
        return self._best(number, _fitting(number, [self._readings(place) for place in lines]))

    def alone(self, number: int) -> Judgement:
        """The best judgement on a line, whatever the lines around it are."""
        return self._best(number, self._readings(number))

    def at_scale(self, number: int, scale: Scale) -> Judgement:
        """The best judgement on a line in its readings at one scale."""
        found = (j for j in self._readings(number) if j.reading is not None and j.reading.scale == scale)
        return self._best(number, tuple(found))

    def _best(self, number: int, judgements: tuple[Judgement, ...]) -> Judgement:
        nothing = Judgement("void", because=_void_because(self.lines[number], judgements))
        return min((*judgements, nothing), key=_order)

    def _readings(self, number: int) -> tuple[Judgement, ...]:
        """A judgement on each reading; after the first that is right, only on those at another scale.

        Where the text around the line has set the scale at which it is right, that is the end of it.
        """
        if number not in self._judged:
            line = self.lines[number]
            self._judged[number] = tuple(self._each(line)) if isinstance(line, Claim) else ()
        return self._judged[number]

    def _each(self, claim: Claim) -> Iterator[Judgement]:
        right: set[Scale] = set()
        for reading in claim.readings:
            if claim.scale is not None and claim.scale in right:
                return
            if reading.scale not in right:
                judgement = judge(claim, reading, self.ground(reading.scale))
                if judgement.status == "right":
                    right.add(reading.scale)
                yield judgement


def _order(judgement: Judgement) -> tuple[int, bool]:
    """Right before undecided before wrong; of the wrong ones, shapes that fit come first."""
    return _ORDER[judgement.status], judgement.pair is None


def _void_because(line: Line, judgements: tuple[Judgement, ...]) -> str:
    if isinstance(line, Unreadable):
        return line.error.what
    return judgements[0].because if judgements else "it has no reading beside this model"


def _fitting(place: int, lines: Sequence[tuple[Judgement, ...]]) -> tuple[Judgement, ...]:
    """The judgements on a line without those for one sample, where it is right for one alone amid lines for all.

    `db2 = dz2` is right for one sample; between `dW2 = dz2 a1^T / m` and `dW1 = dz1 x^T / m` it has not been summed.
    """
    if _scales_right(lines[place]) != {"one sample"}:
        return lines[place]
    before = next((s for other in reversed(lines[:place]) if len(s := _scales_right(other)) == 1), None)
    after = next((s for other in lines[place + 1 :] if len(s := _scales_right(other)) == 1), None)
    around = [scales for scales in (before, after) if scales is not None]
    whole = tuple(j for j in lines[place] if j.reading is not None and j.reading.scale == "all samples")
    if whole and around and all(scales == {"all samples"} for scales in around):
        return whole
    return lines[place]


def _scales_right(judgements: tuple[Judgement, ...]) -> set[Scale]:
    return {j.reading.scale for j in judgements if j.status == "right" and j.reading is not None}


def stated_grounds(note: Note, truths: Truths) -> Grounds:
    """The note under the stated model and convention."""
    return Grounds(tuple(note(truths.model)), truths.at, truths.one_over_m)


def other_grounds(note: Note, truths: Truths, known: Grounds) -> Iterator[Grounds]:
    """The note under each other convention, the likeliest first, those that need another reading last."""
    words = [m.words for scale in reversed(truths.scales) for m in others(truths.at(scale), truths.one_over_m)]
    for name in dict.fromkeys(words):
        yield Grounds(known.lines, known.truth, truths.one_over_m, name)
    yield from _with_facts(truths, known)
    for weights, samples in ((True, False), (False, True), (True, True)):
        found = _turned(note, truths, known, weights, samples)
        if found is not None:
            yield found


def _with_facts(truths: Truths, known: Grounds) -> Iterator[Grounds]:
    """The targets summing to 1, where the model does not say so."""
    model = truths.model
    for tensor in model.tensors:
        if tensor.role != "target" or not tensor.shape or tensor.shape[0] == 1 or tensor.facts:
            continue
        fact = Fact(tensor.name, "distribution", 0)
        informed = replace(
            model, tensors=tuple(replace(t, facts=(fact,)) if t.name == tensor.name else t for t in model.tensors)
        )
        words = f"if the entries of {tensor.name} sum to 1, which the model does not say"
        yield Grounds(known.lines, _informed(truths, informed), truths.one_over_m, words)


def _informed(truths: Truths, model: Model) -> Callable[[Scale], Truth]:
    """The same derivation with one fact more, and points that obey it."""

    def at(scale: Scale) -> Truth:
        truth = truths.at(scale)
        plain = model.one_sample() if truth.scale == "one sample" else model.batched()
        derivation = replace(truth.derivation, source=model, model=plain)
        space = replace(truth.space, facts=plain.space.facts)
        return replace(truth, space=space, derivation=derivation, points=points_of(derivation, len(truth.points)))

    return at


def _turned(note: Note, truths: Truths, known: Grounds, weights: bool, samples: bool) -> Grounds | None:
    """The note beside the model with other layouts; None where that is the same."""
    model = truths.model
    weights_turn = weights and any(len(t.shape) == 2 for t in model.parameters)
    samples_turn = samples and model.samples is not None
    if weights_turn != weights or samples_turn != samples:
        return None
    words = []
    if weights:
        words.append("the weights are transposed")
    if samples and model.samples is not None:
        words.append(f"samples stand in {'rows' if model.samples.side == 'columns' else 'columns'}")
    lines = tuple(note(turned_model(model, weights, samples)))

    def at(scale: Scale) -> Truth:
        return turned_truth(known.truth(scale), weights, samples and scale == "all samples")

    return Grounds(lines, at, truths.one_over_m, " and ".join(words), rereads=True)


def speaks_against(other: Grounds, known: Grounds) -> int | None:
    """The first line that is right as stated and not under the other convention; None if no line speaks against it."""
    for number, line in enumerate(known.lines):
        right = isinstance(line, Claim) and known.judgement(number).status == "right"
        if right and other.alone(number).status != "right":
            return number
    return None
