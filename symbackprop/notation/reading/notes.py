r"""Notes to statements: what a person's .md, .tex or .txt file claims, line by line, with the place of each.

Prose, tables, figures and code are passed over; so are formulas that equate nothing. A line that was meant to state
something and cannot be read stays, as `Unreadable`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args

from symbackprop.errors import LimitError, NotationError, UsageError, suggestion
from symbackprop.model.batching import sampled_tensors
from symbackprop.model.model import Model
from symbackprop.model.validation import size_names
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading import claim_tokens
from symbackprop.notation.reading.claims import MAX_CLAIMS, Scale, Statement, Unreadable
from symbackprop.notation.reading.latex_groups import groups
from symbackprop.notation.reading.latex_rows import statements_in
from symbackprop.notation.reading.latex_scribe import Names
from symbackprop.notation.reading.latex_signs import FUNCTIONS
from symbackprop.notation.reading.latex_tokens import tokens_of
from symbackprop.notation.reading.lexer import canonical
from symbackprop.notation.reading.note_blocks import Block
from symbackprop.notation.reading.note_latex import latex_blocks
from symbackprop.notation.reading.note_markdown import markdown_blocks
from symbackprop.notation.reading.tokens import Token
from symbackprop.notation.source import Source, Span, read_file, source_of
from symbackprop.notation.writing.glyphs import nomenclature, parts

Format = Literal["md", "tex", "txt", "latex"]
_UNICODE = "∑∂∇⊙∘·ᵀ⊤"  # signs that plain text has and LaTeX spells out
_ENDINGS: dict[str, Format] = {
    ".md": "md", ".markdown": "md", ".tex": "tex", ".latex": "tex", ".txt": "txt", ".text": "txt", "": "txt",
}  # fmt: skip
_WORDS = frozenset({"sum", "max", "argmax", "if", "else", "and", "or", "for", "each", "all", "otherwise", "in", "T"})
_RATES = frozenset({"eta", "alpha", "lr", "epsilon"})


def statements_of(
    note: str | Path | Source,
    model: Model,
    conventions: Conventions | None = None,
    format: Format | None = None,
) -> tuple[Statement | Unreadable, ...]:
    r"""The statements of a note from first to last: of a file, or of a text.

    The format is that of the file's ending; a text without one is told by its marks. "latex" is one display by itself.

    Raises:
        NotationError: the file cannot be read.
        LimitError: the note is too long, or states more than `MAX_CLAIMS` things.
        UsageError: an unknown format.
    """
    if isinstance(note, Path):
        format = format or _format_of(note)
        source = read_file(note)
    else:
        source = note if isinstance(note, Source) else source_of(note, "<note>")
        format = format or guessed(source.text)
    if format not in get_args(Format):
        raise UsageError(
            f"there is no format {format!r} of notes",
            because=f"The formats are {', '.join(get_args(Format))}.",
            fix=suggestion(str(format), get_args(Format)),
            name=str(format),
        )
    reader = _Reader(source, model, conventions or Conventions())
    return reader.statements(_blocks(source, format))


def _format_of(path: Path) -> Format:
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise UsageError(
            f"cannot tell the format of {path.name}",
            because=f"Its ending is {path.suffix}; notes end in .md, .tex or .txt.",
            fix=f"Name it {path.stem}.md, for example.",
            name=path.name,
        )
    return _ENDINGS[ending]


def guessed(text: str) -> Format:
    """The format that the marks in a text speak for."""
    if any(mark in text for mark in ("\\documentclass", "\\begin{document}", "\\section")):
        return "tex"
    if any(mark in text for mark in ("```", "$", "\\[", "\n## ", "~~~")) or text.startswith("## "):
        return "md"
    if "\\" in text:
        return "latex"
    scripts = "^{" in text or "_{" in text
    return "latex" if scripts and not any(sign in text for sign in _UNICODE) else "txt"


def _blocks(source: Source, format: Format) -> Iterator[Block | NotationError]:
    whole = Span(0, len(source.text))
    if format == "md":
        yield from markdown_blocks(source)
    elif format == "tex":
        yield from latex_blocks(source)
    else:
        yield Block("latex" if format == "latex" else "plain", whole)


class _Reader:
    """Reads the blocks of one note."""

    def __init__(self, source: Source, model: Model, conventions: Conventions) -> None:
        self.source = source
        self.model = model
        self.names = {scale: names_of(model, conventions, scale) for scale in ("one sample", "all samples", None)}

    def statements(self, blocks: Iterable[Block | NotationError]) -> tuple[Statement | Unreadable, ...]:
        """What the blocks state, in the order of the note."""
        found: list[tuple[int, Statement | Unreadable]] = []
        plain: list[Block] = []
        for block in blocks:
            if isinstance(block, NotationError):
                assert block.where is not None
                unread = Unreadable(block.where, block.where.text.strip(), block)
                found.append((len(self.source.text), unread))  # nothing after it is read
            elif block.kind == "latex":
                found += self._latex(block)
            else:
                plain.append(block)
        found += self._plain(plain)
        if len(found) > MAX_CLAIMS:
            raise LimitError(f"there are more than {MAX_CLAIMS:,} claims in {self.source.name}", fix="Split the notes.")
        return tuple(statement for _, statement in sorted(found, key=lambda pair: pair[0]))

    def _latex(self, block: Block) -> Iterator[tuple[int, Statement | Unreadable]]:
        try:
            parts = statements_in(groups(self.source, block.span), self.source)
        except NotationError as error:
            if "=" in self.source.text[block.span.start : block.span.end]:
                yield block.span.start, self._unreadable(_trimmed(self.source, block.span), error)
            return
        for items in parts:
            span = items[0].span.to(items[-1].span)
            try:
                tokens = tokens_of(items, self.source, self.names[block.scale])
                yield span.start, self._statement(span, tokens, block)
            except NotationError as error:
                yield span.start, self._unreadable(span, error)

    def _plain(self, blocks: list[Block]) -> Iterator[tuple[int, Statement | Unreadable]]:
        """All stretches of plain text at once: the rest of the note is blank for their reader."""
        if not blocks:
            return
        starts = [block.span.start for block in blocks]
        for span, tokens in claim_tokens.statements_of(_only(self.source, [block.span for block in blocks])):
            block = blocks[bisect_right(starts, span.start) - 1]
            if block.kind == "loose" and (isinstance(tokens, NotationError) or not self._is_formula(tokens)):
                continue
            if isinstance(tokens, NotationError):
                yield span.start, self._unreadable(span, tokens)
            else:
                yield span.start, self._statement(span, tokens, block)

    def _is_formula(self, tokens: tuple[Token, ...]) -> bool:
        """Whether words of a line are all names that a formula may have: known ones, and single letters."""
        return all(self._is_known(token.text) for token in tokens if token.kind == "name")

    def _is_known(self, word: str) -> bool:
        names = self.names[None]
        primal = word.removeprefix("d").removesuffix("_bar").partition("_")[0]
        if {word, primal} & {*names.tensors, *names.sizes, *names.functions, *FUNCTIONS, *_WORDS, *_RATES}:
            return True
        return len(parts(word)[0]) == 1

    def _statement(self, span: Span, tokens: tuple[Token, ...], block: Block) -> Statement:
        root = {"loss": self.model.loss, "cost": self.model.root}.get(block.root or "", block.root)
        where = self.source.locate(span)
        return Statement(self.source, tokens, where, self.source.written(span), block.scale, root)

    def _unreadable(self, span: Span, error: NotationError) -> Unreadable:
        error.located(self.source.locate(span))
        return Unreadable(self.source.locate(span), self.source.written(span), error)


def _trimmed(source: Source, span: Span) -> Span:
    text = source.text[span.start : span.end]
    return Span(span.start + len(text) - len(text.lstrip()), span.end - len(text) + len(text.rstrip()))


def _only(source: Source, spans: list[Span]) -> Source:
    """The source with spaces for all that stands outside of `spans`: every place stays where it is."""
    text, kept, end = source.text, [], 0
    for span in (*spans, Span(len(source.text), len(source.text))):
        kept += ["\n" if character == "\n" else " " for character in text[end : span.start]]
        kept.append(text[span.start : span.end])
        end = span.end
    return source_of("".join(kept), source.name)


# --------------------------------------------------------------------------------------------------------------- names


def names_of(model: Model, conventions: Conventions, scale: Scale | None) -> Names:
    """What a note on a model may call by name: its tensors as they are shown at a scale, None for either."""
    ranks: dict[str, set[int]] = {}
    sampled = sampled_tensors(model.tensors, model.equations, model.loss) if model.samples is not None else frozenset()
    views = [(model.one_sample(), frozenset[str]())] if scale != "all samples" else []
    views += [(model.batched(), sampled)] if scale != "one sample" else []
    for view, capital in views:
        for style in ("capital", "same"):
            chosen = conventions.having(batch=style)
            names = nomenclature(chosen, view.space, tensors=view.tensors, sampled=sorted(capital))
            for tensor in view.tensors:
                for name in (tensor.name, canonical(names.glyph(tensor.name).plain)):
                    ranks.setdefault(name, set()).add(len(tensor.shape))
    sizes = size_names(model.tensors, model.samples, model.size_facts)
    _add_small_letters(ranks, sizes | sampled)
    _add_deltas(ranks, conventions)
    tensors = {name: frozenset(ranks[name]) for name in sorted(ranks)}
    return Names(tensors, sizes, frozenset(model.functions), conventions.adjoint == "delta")


def _add_small_letters(ranks: dict[str, set[int]], taken: frozenset[str]) -> None:
    """The entries of W may be called w."""
    for name in sorted(ranks):
        small = name[0].lower() + name[1:]
        if len(parts(name)[0]) == 1 and max(ranks[name]) > 0 and small not in ranks and small not in taken:
            ranks[small] = set(ranks[name])


def _add_deltas(ranks: dict[str, set[int]], conventions: Conventions) -> None:
    """The adjoints of z1, z2, ... may be called δ1, δ2, ..., that of z by itself δ where the conventions say so."""
    if conventions.adjoint != "delta" and any(parts(name)[0] == "delta" for name in ranks):
        return
    for name in sorted(ranks):
        letters, subscript, mark = parts(name)
        if letters in ("z", "Z") and not subscript and (mark or conventions.adjoint == "delta"):
            ranks.setdefault(f"delta{mark}", set()).update(ranks[name])
