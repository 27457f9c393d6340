r"""The contexts in which a note may stand: the stated one, and the other conventions that its author may have in mind.

Another convention needs the note's own evidence: that it speaks of what the two differ in, and never otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from symbackprop.algebra.space import Fact
from symbackprop.model.model import Model
from symbackprop.notation.claims.records import Claim, Note, Scale
from symbackprop.verifying.claims.contexts import Context, Reader, Single, readings_of, singles
from symbackprop.verifying.claims.judging import names_in
from symbackprop.verifying.claims.layouts import turned_model, turned_truth
from symbackprop.verifying.claims.meanings import others
from symbackprop.verifying.claims.partials import given_directly
from symbackprop.verifying.points import points_of
from symbackprop.verifying.truths import Truth, Truths

TELLING = 2  # different lines that tell two layouts apart, for a note to be in the other one
LONGEST = 1_500  # characters of a line that is read anew under other conventions


def stated_context(read: Reader, truths: Truths) -> Context:
    """The note under the stated model and convention."""
    note = read(truths.model)
    return Context(singles(note.lines), truths.at, truths.one_over_m, ranked=note.ranked)


def other_contexts(read: Reader, truths: Truths, known: Context, unsettled: Collection[int]) -> Iterator[Context]:
    """The note under each other convention, the likeliest first, those that need another reading last.

    Of the latter only the lines that are `unsettled` are read, until one is right: most notes are in no other layout.
    """

    def context(at: Callable[[Scale], Truth], words: str) -> Context:
        like = known if at == known.truth else None
        return Context(known.lines, at, truths.one_over_m, words, known.ranked, like=like)

    words = [m.words for scale in reversed(truths.scales) for m in others(truths.at(scale), truths.one_over_m)]
    for name in dict.fromkeys(words):
        yield context(known.truth, name)
    for informed, name in _with_facts(truths):
        yield context(informed, name)
    plain = context(known.truth, "")
    wanted = _lines_of(unsettled, read(truths.model))
    yield from _of_gates(read, truths, plain, wanted)
    yield from _with_given(truths, plain)
    yield replace(plain, words="derivatives of tensors by tensors stand transposed", transposed=True)
    layout = replace(plain, rereads=True, telling=TELLING)
    words_ = "the derivative of a number by a vector is a row"
    yield _reread(read, truths.model, wanted, replace(layout, words=words_), truths.model, row_gradients=True)
    first = read(truths.model).base
    counted = replace(layout, words=f"entries are counted from {1 - first}, not from {first}", by_equations=True)
    yield _reread(read, truths.model, wanted, counted, truths.model, base=1 - first)
    for weights, samples in ((True, False), (False, True), (True, True)):
        found = _turned(read, truths, known, wanted, weights, samples)
        if found is not None:
            yield found


def _lines_of(unsettled: Collection[int], note: Note) -> frozenset[int]:
    """The numbers of the lines of which these are instances, but for those that it would take long to read again."""
    owners = [number for number, line in enumerate(note.lines) for _ in singles([line])]
    return frozenset(n for n in map(owners.__getitem__, unsettled) if len(note.lines[n].written) <= LONGEST)


def _reread(
    read: Reader, stated: Model, wanted: frozenset[int], context: Context, model: Model, **changes: object
) -> Context:
    """The context with the note read anew for it, beside `model`: the lines that are wanted alone."""

    def whole() -> Context:
        return replace(context, lines=singles(read(model, **changes).lines))

    lines: list[Single] = []
    for line, other in zip(read(stated).lines, read(model, wanted, **changes).lines, strict=False):
        count, parts = len(singles([line])), singles([other])
        lines.extend(parts if len(parts) == count else parts[:1] * count)
    return replace(context, lines=tuple(lines), whole=whole)


def _of_gates(read: Reader, truths: Truths, plain: Context, wanted: frozenset[int]) -> Iterator[Context]:
    """δ of a gate taken for that of its pre-activation, in a note that nowhere speaks of the latter."""
    some = _reread(read, truths.model, wanted, plain, truths.model, gate_deltas=True)
    if _names(some.lines) <= _names(plain.lines):
        return  # what is wrong reads the same
    lines = singles(read(truths.model, gate_deltas=True).lines)
    other = [_names([line]) - _names([before]) for line, before in zip(lines, plain.lines, strict=False)]
    meant = frozenset[str]().union(*other)
    if meant and not meant & _names(plain.lines):
        yield replace(plain, lines=lines, words="the gradient of a gate is that of its pre-activation")


def _with_given(truths: Truths, plain: Context) -> Iterator[Context]:
    """Adjoints that the note takes as given: what comes from the loss itself, no other way of the model included."""
    if truths.model.samples is not None:
        return
    stated = {
        r.sides[0].subject.name
        for line in plain.lines
        for r in readings_of(line)
        if r.sides[0].subject.kind == "adjoint"
    }
    given = given_directly(_names(plain.lines), truths.at("one sample"))
    found = tuple(name for name in given if name not in stated)
    if found:
        shown = " and ".join(found)
        yield replace(plain, given=found, words=f"the gradient of {shown} is what comes from the loss itself alone")


def _names(lines: Sequence[Single]) -> frozenset[str]:
    return names_in(line for line in lines if isinstance(line, Claim))


def _with_facts(truths: Truths) -> Iterator[tuple[Callable[[Scale], Truth], str]]:
    """The targets summing to 1, where the model does not say so."""
    model = truths.model
    for tensor in model.tensors:
        if tensor.role != "target" or not tensor.shape or tensor.shape[0] == 1 or tensor.facts:
            continue
        fact = Fact(tensor.name, "distribution", 0)
        informed = replace(
            model, tensors=tuple(replace(t, facts=(fact,)) if t.name == tensor.name else t for t in model.tensors)
        )
        yield _informed(truths, informed), f"if the entries of {tensor.name} sum to 1, which the model does not say"


def _informed(truths: Truths, model: Model) -> Callable[[Scale], Truth]:
    """The same derivation with one fact more, and points that obey it."""

    def at(scale: Scale) -> Truth:
        truth = truths.at(scale)
        plain = model.one_sample() if truth.scale == "one sample" else model.batched()
        derivation = replace(truth.derivation, source=model, model=plain)
        space = replace(truth.space, facts=plain.space.facts)
        points = points_of(derivation, len(truth.points))
        return replace(truth, space=space, derivation=derivation, points=points, _scrambled={})

    return at


def _turned(
    read: Reader, truths: Truths, known: Context, wanted: frozenset[int], weights: bool, samples: bool
) -> Context | None:
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

    def at(scale: Scale) -> Truth:
        return turned_truth(known.truth(scale), weights, samples and scale == "all samples")

    layout = replace(known, truth_at=at, words=" and ".join(words), rereads=True, telling=TELLING, like=known)
    return _reread(read, model, wanted, layout, turned_model(model, weights, samples))
