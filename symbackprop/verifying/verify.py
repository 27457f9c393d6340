r"""Claims beside a derivation: a verdict for each line of a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sympy import Integer

from symbackprop.algebra.binding import substitute
from symbackprop.algebra.proving.grids import TooLargeError
from symbackprop.algebra.symbols import ADJOINT, primal, size
from symbackprop.derivation.scalars import scalar_network
from symbackprop.errors import DerivationError, ModelError, NotationError, UnknownNameError, UsageError
from symbackprop.model.model import Model
from symbackprop.notation.claims.reader import read_note, words_of
from symbackprop.notation.claims.records import Claim, Note, Schema, Unreadable
from symbackprop.notation.conventions import Conventions, Stand
from symbackprop.notation.notes.formats import parts_of
from symbackprop.verifying.claims.contexts import Reader, singles
from symbackprop.verifying.claims.judging import names_in
from symbackprop.verifying.claims.reporting import Wording, in_letters, notation_of, verdict_of
from symbackprop.verifying.claims.rulings import rulings_on
from symbackprop.verifying.diagnosis.explaining import Allowance, diagnosis_of
from symbackprop.verifying.truths import truths_of
from symbackprop.verifying.verdicts import Report, Status, Verdict


def verify(
    model: Model,
    note: str | Path,
    *,
    conventions: Conventions | None = None,
    one_over_m: Stand | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Report:
    """The verdicts on a note: a text, or the path of a .txt, .md or .tex file.

    `conventions` are those in which the note is read and answered; `one_over_m` says where it has the 1/m of a mean.
    A note with a letter for each operation and a name for each entry is judged at the scalar level; `sizes` are those
    that it has there and the model leaves open.

    Raises:
        NotationError: the file cannot be read, or the text is too long.
        UsageError: the note claims nothing.
        DerivationError: a model too large to compute.
    """
    chosen = conventions or Conventions()
    if one_over_m is not None:
        chosen = chosen.having(one_over_m=one_over_m)
    source = str(note) if isinstance(note, Path) else "the note"

    parts = parts_of(note, names=words_of(model))

    @lru_cache(maxsize=16)
    def read(beside: Model, only: frozenset[int] | None = None, /, **changes: object) -> Note:
        return read_note(parts, beside, chosen, changes, only)

    try:
        report = _best(read, source, model, sizes, chosen)
    except TooLargeError as error:
        raise DerivationError(
            f"{model.name} is too large to compute beside claims: {error}",
            fix="Give sizes that are as general and smaller: size n in the place of size n = 3000.",
        ) from None
    if not report.verdicts:
        raise UsageError(
            f"{source} claims nothing",
            because="No line of it states an equation of tensors or gradients of the model.",
            fix="Write one claim to a line: dW1 = dz1 x^T, or ∂L/∂z2 = a2 - y.",
        )
    return report


def _best(read: Reader, source: str, model: Model, sizes: Mapping[str, int] | None, conventions: Conventions) -> Report:
    """The report beside the model whose names the note has: the model itself, or the same in single operations.

    That is the one beside which more lines are claims. The letters of operations are ours: a note that has them says
    itself what each of them is.
    """
    unknown = _unreadable(read(model))
    if any(isinstance(line.error, UnknownNameError | NotationError) for line in unknown):
        scalars, letters = _in_operations(model, sizes, conventions)
        if scalars is not None and _claims(read(scalars)) > _claims(read(model)):
            own = {tensor.name for tensor in model.tensors}
            if not (letters - own) & _unsaid(read(scalars)):
                return report_on(read, source, scalars, conventions)
    return report_on(read, source, model, conventions)


def _unsaid(note: Note) -> frozenset[str]:
    """The tensors that a note speaks of without stating what they are."""
    claims = [line for line in singles(note.lines) if isinstance(line, Claim)]
    subjects = [reading.sides[0].subject for claim in claims for reading in claim.readings]
    said = {subject.name for subject in subjects if subject.kind == "tensor"}
    return frozenset(end for name in names_in(claims) for end in primal(name).split(ADJOINT)) - said


def _in_operations(
    model: Model, sizes: Mapping[str, int] | None, conventions: Conventions
) -> tuple[Model | None, frozenset[str]]:
    """The model in single operations, and their letters; None where sizes are missing, or a name is taken."""
    known = {size(name): Integer(value) for name, value in (sizes or {}).items()}
    samples, cost = model.samples, model.cost
    try:
        network = scalar_network(model, sizes, first=conventions.index_base)
        if samples is not None:
            samples = replace(samples, size=substitute(samples.size, known))
        if cost is not None:
            cost = replace(cost, expression=substitute(cost.expression, known))
        whole = replace(network.with_own_names(), samples=samples, cost=cost)
        return whole, frozenset(node.name for node in network.nodes)
    except (UsageError, ModelError):
        return None, frozenset()


def _claims(note: Note) -> int:
    return sum(isinstance(line, Claim | Schema) for line in note.lines)


def _unreadable(note: Note) -> list[Unreadable]:
    return [line for line in note.lines if isinstance(line, Unreadable)]


def report_on(read: Reader, source: str, model: Model, conventions: Conventions) -> Report:
    """A verdict for each line of a note, in order: its lines ruled on, worded, explained."""
    truths = truths_of(model, conventions.one_over_m)
    wording = Wording(truths, conventions)
    rulings, context = rulings_on(read, truths)
    explained: list[Verdict] = []
    allowance = Allowance()
    for number, ruling in enumerate(rulings):
        verdict = verdict_of(ruling, context.lines, wording)
        if verdict.status is Status.REFUTED:
            verdict = replace(verdict, diagnosis=diagnosis_of(number, ruling, context, allowance))
        explained.append(in_letters(verdict, ruling, rulings, wording))
    note = read(model)
    return Report(source, _by_line(note, explained), (*note.notation, *notation_of(rulings, context)))


_WORST_FIRST = (Status.REFUTED, Status.UNREADABLE, Status.CONVENTION, Status.UNDECIDED)


def _by_line(note: Note, verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """One verdict for each line: of a schema, that on its first instance of the worst kind, which is named."""
    waiting, found = iter(verdicts), []
    for line in note.lines:
        if not isinstance(line, Schema):
            found.append(next(waiting))
            continue
        instances = [(words, next(waiting)) for words, _ in line.instances]
        worst = [pair for status in _WORST_FIRST for pair in instances if pair[1].status is status]
        words, verdict = worst[0] if worst else ("", instances[0][1])
        because = "; ".join(part for part in (f"at {words}" if words else "", verdict.because) if part)
        premises = tuple(dict.fromkeys(premise for _, one in instances for premise in one.premises))
        found.append(replace(verdict, claim=line.written, because=because, premises=premises))
    return tuple(found)
