"""Plain text: the stretches of a line that state something, prose around them cut off.

A statement goes on over the next line where a bracket is open, where a line ends with an operator or a comma, and where
the next line begins with `=` or a sign that joins.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from symbackprop.notation.notes.passages import Passage
from symbackprop.notation.source import Source, Span

RELATION = re.compile(r":=|=:|==|<-|-=|\+=|~=|!=|[=≈←≔≡∝⟸]|(?<![-<])->|→|≠")
_TOKEN = re.compile(
    r"[^\W\d_][\w.′'’\u0300-\u036f]*|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\s+|:=|=:|==|<-|->|-=|\+=|!=|<=|>=|\*\*|\.\.|."
)
_LABEL = re.compile(r"\s*(?:\(?\d{1,3}(?:\.\d+)*[.):]|[•*–—-](?=\s+\S)|\([a-z]\))\s+")
_COMPARING = ("!=", "≠", "<", ">", "<=", ">=", "≤", "≥")
_NUMBER = re.compile(r"(?:\s{2,}|\t)\(\d{1,3}(?:\.\d+)*[a-z]?\)\s*$")
_GOES_ON = re.compile(r"\s*(?:(?:=|≈)(?!=)|[⊙∘·⋅/]|\+(?!.*=))")
_BEGINS = re.compile(r"\s*[^\s=]+\s*(?::=|=(?!=)|←)")
_OPEN_END = (*"+-*/^@⊙∘·⋅,=<([{", "≤", "≥", "≠", "≈", "..")
_OPENING, _CLOSING = "([{", ")]}"
_KEPT = frozenset({"if", "else", "otherwise", "for", "each", "all", "every", "any", "forall", "and", "or", "in"})
_QUANTIFIED = frozenset({"each", "all", "every", "any"})
FUNCTIONS = frozenset(
    {
        "sum", "mean", "max", "min", "argmax", "exp", "log", "ln", "sqrt", "sin", "cos", "tanh", "cosh", "sinh", "sech",
        "softmax", "sigmoid", "relu", "diag", "trace", "transpose", "outer", "dot", "norm", "rowsum", "colsum", "sign",
        "abs", "erf", "floor", "mod", "pi", "concat", "delta", "nabla", "grad", "lr", "rate", "alpha", "eta", "lambda",
    }
)  # fmt: skip
"""Words that belong to formulas."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A token of a line of text with its place."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def text_passages(
    source: Source, span: Span, names: Collection[str] = (), headings: tuple[str, ...] = ()
) -> Iterator[Passage]:
    """The stretches of a text that state something; `names` are words that are no prose."""
    known = {*FUNCTIONS, *(name.lower() for name in names), *names}
    for start, end in _lines(source.text, span):
        for first, last, before, after in _stretches(source.text, start, end, known):
            yield Passage(source, Span(first, last), "text", "line", before, after, headings)


def _lines(text: str, span: Span) -> Iterator[tuple[int, int]]:
    """Lines with those that go on from them."""
    position = span.start
    while position < span.end:
        start, end = position, _line_end(text, position, span.end)
        while end < span.end and _goes_on(text, start, end, span.end):
            end = _line_end(text, end + 1, span.end)
        yield start, end
        position = end + 1


def _line_end(text: str, position: int, limit: int) -> int:
    end = text.find("\n", position, limit)
    return limit if end < 0 else end


def _goes_on(text: str, start: int, end: int, limit: int) -> bool:
    """Whether what stands from `start` to `end` goes on over the next line."""
    whole = _uncommented(text[start:end])
    following = text[end + 1 : _line_end(text, end + 1, limit)]
    if not following.strip() or not RELATION.search(whole):
        return bool(following.strip()) and bool(RELATION.search(whole)) and _depth(whole) > 0
    if _depth(whole) > 0:
        return _BEGINS.match(following) is None
    return whole.rstrip().endswith(_OPEN_END) or _GOES_ON.match(following) is not None


def _uncommented(text: str) -> str:
    return "\n".join(line.partition("#")[0] for line in text.split("\n"))


def _depth(text: str) -> int:
    return sum(text.count(sign) for sign in _OPENING) - sum(text.count(sign) for sign in _CLOSING)


def _stretches(text: str, start: int, end: int, known: Collection[str]) -> Iterator[tuple[int, int, str, str]]:
    """The formulas of a line that have a relation: where each begins and ends, and the prose before and after it."""
    label = _LABEL.match(text, start, end)
    number = _NUMBER.search(text, start, end)
    begin, stop = label.end() if label else start, number.start() if number else end
    words = [_Word(m.group(), begin + m.start()) for m in _TOKEN.finditer(_blanked(text[begin:stop]))]
    runs = [run for run in _runs(words, known) if RELATION.search(text[run[0].start : run[-1].end])]
    places = [begin, *(run[-1].end for run in runs)]
    for number_, run in enumerate(runs):
        following = runs[number_ + 1][0].start if number_ + 1 < len(runs) else end
        before, after = text[places[number_] : run[0].start], text[run[-1].end : following]
        yield run[0].start, run[-1].end, " ".join(before.split()), " ".join(after.split())


def _blanked(text: str) -> str:
    """The text with spaces for its comments and for addresses of the web."""
    return re.sub(r"#[^\n]*|\bhttps?://\S+", lambda match: " " * len(match.group()), text)


def _runs(words: list[_Word], known: Collection[str]) -> Iterator[list[_Word]]:
    """Runs of words that belong to one formula: prose, and signs between statements, end them."""
    current: list[_Word] = []
    depth = remarks = 0
    for place, word in enumerate(words):
        if word.text.isspace():
            if current:
                current.append(word)
            continue
        if word.text in _OPENING and not _is_prose_in_brackets(words, place, known):
            depth += 1
        elif word.text in _OPENING:
            remarks += 1
            yield _trimmed(current)
            current = []
            continue
        ends = depth == 0 and (_separates(word, words, place) or _is_prose(word, words, place, known))
        if word.text in _CLOSING:
            ends = ends or (depth == 0 and (remarks > 0 or not _states(current)))
            remarks = max(0, remarks - (depth == 0))
            depth = max(0, depth - 1)
        if ends:
            yield _trimmed(current)
            current = []
        else:
            current.append(word)
    yield _trimmed(current) if not current or not RELATION.fullmatch(current[-1].text) else current


def _states(words: list[_Word]) -> bool:
    return any(RELATION.fullmatch(word.text) for word in words)


def _trimmed(words: list[_Word]) -> list[_Word]:
    """A run without white space and words that join at its ends."""
    while words and (
        words[-1].text.isspace() or words[-1].text in (*_KEPT, ",", ":") or RELATION.fullmatch(words[-1].text)
    ):
        words = words[:-1]
    while words and (words[0].text.isspace() or words[0].text in ("and", "or", "in", "all", "each", "any", ":")):
        words = words[1:]
    return words or [_Word("", 0)]


def _separates(word: _Word, words: list[_Word], place: int) -> bool:
    """Whether a sign ends a statement: `;`, a comma, a full stop, a colon or a question mark before white space."""
    if word.text == ",":
        return not _quantifies(words, place)
    follows_space = place + 1 == len(words) or words[place + 1].text.isspace()
    return word.text == ";" or (word.text in ".:?!" and follows_space and not _ends_number(words, place))


def _ends_number(words: list[_Word], place: int) -> bool:
    """Whether a point belongs to a number before an operator, `2. * x`: no sentence begins with one."""
    after = next((word.text for word in words[place + 1 :] if not word.text.isspace()), "")
    digits = place > 0 and words[place - 1].text.isdigit() and words[place].text == "."
    return digits and after[:1] in tuple("*/+-@)⊙·×^")


def _quantifies(words: list[_Word], place: int) -> bool:
    """Whether a comma stands among the letters of `for all i, j`, or before `for each`."""
    rest = [word.text for word in words[place + 1 :] if not word.text.isspace()]
    earlier = [word.text for word in words[:place] if not word.text.isspace()]
    among = len(earlier) > 1 and earlier[-2] in (*_QUANTIFIED, ",") and "for" in earlier
    return rest[:1] == ["for"] or rest[:1] == ["otherwise"] or (among and not any("=" in text for text in rest[:2]))


def _is_prose(word: _Word, words: list[_Word], place: int, known: Collection[str]) -> bool:
    """Whether a word is one of a sentence: several small letters, no name, no function, no sign of a formula at it."""
    text = word.text.rstrip(".")
    if len(text) < 2 or not text.isalpha() or not text.isascii():
        return False
    if text in known or text.lower() in known:
        return False
    if text in _KEPT:
        return text in ("and", "in") or (
            text in ("for", "any", "all", "each", "every") and not _in_quantifier(words, place)
        )
    if not (text.islower() or text.istitle()):
        return False
    if (text.startswith("d") and len(text) == 2 and text != "do") or (place and words[place - 1].text in ("_", "^")):
        return False
    after = next((w.text for w in words[place + 1 :] if not w.text.isspace()), "")
    touching = words[place + 1].text if place + 1 < len(words) else ""
    before = next((w.text for w in reversed(words[:place]) if not w.text.isspace()), "")
    if touching in ("(", "[", "_", "^", "'") or RELATION.fullmatch(after):
        return False
    if RELATION.fullmatch(before) and after[:1].isalpha() and after.islower() and after not in known:
        return True  # y - a2 = error at the output
    return not (_is_sign(before) or _is_sign(after))


def _is_sign(text: str) -> bool:
    return (text != "" and text in "+-*/^@⊙∘·⋅×") or text == "**" or bool(RELATION.fullmatch(text))


def _in_quantifier(words: list[_Word], place: int) -> bool:
    """Whether `for` has `each` or `all` behind it, or a condition: `for all i`, `for i = 1..n`, `for i != j`."""
    texts = [word.text for word in words if not word.text.isspace()]
    index = len([word for word in words[:place] if not word.text.isspace()])
    around = texts[max(0, index - 1) : index + 3]
    behind = texts[index + 1 : index + 3]
    compared = len(behind) == 2 and len(behind[0]) == 1 and behind[1] in _COMPARING
    return "for" in around and (compared or any(text in _QUANTIFIED for text in around))


def _is_prose_in_brackets(words: list[_Word], place: int, known: Collection[str]) -> bool:
    """Whether brackets hold a remark: `(wrong twice)`, `(since x > 0)`."""
    before = next((word.text for word in reversed(words[:place]) if not word.text.isspace()), "")
    if _is_sign(before) or (place and not words[place - 1].text.isspace()):
        return False  # a remark stands apart
    depth, inner = 0, []
    for at in range(place, len(words)):
        depth += (words[at].text in _OPENING) - (words[at].text in _CLOSING)
        if depth == 0:
            break
        inner.append(at)
    return words[place].text == "(" and any(_is_prose(words[at], words, at, known) for at in inner[1:])
