r"""Small changes of a claim as written, LaTeX or plain text: one sign, factor, transpose, name, index, range, step.

Most make it wrong; some leave it right, and whether they do is for the evaluator to say, never for the change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

_OPEN, _CLOSE = "([{", ")]}"


@dataclass(frozen=True)
class Change:
    """A changed claim, the kind of the change, and what stands now where something else stood."""

    kind: str
    text: str
    now: str = ""
    before: str = ""


@dataclass(frozen=True)
class Written:
    """A right claim of two sides, and how tensors are spelled in it, by groups of one shape; `is_latex` or plain."""

    left: str
    right: str
    is_latex: bool
    alike: tuple[tuple[str, ...], ...] = ()
    samples: str = ""
    sign: str = "="

    @property
    def text(self) -> str:
        return self.with_right(self.right)

    def with_right(self, right: str) -> str:
        return f"{self.left} {self.sign} {right}"


def changes_of(claim: Written) -> Iterator[Change]:
    """All small changes of the right side, and of the left its indices; those that give the same text left out."""
    seen = {_squeezed(claim.right)}
    for kind, change in CHANGES.items():
        for right, now, before in change(claim):
            if _squeezed(right) not in seen and right.strip():
                seen.add(_squeezed(right))
                yield Change(kind, claim.with_right(right), now, before)


def _squeezed(text: str) -> str:
    return "".join(text.split())


Found = Iterator[tuple[str, str, str]]
"""Changed right sides, each with what stands now and what stood before."""


# places in a text


def _depths(text: str) -> list[int]:
    """How many brackets are open at each character; of LaTeX braces too."""
    depth, found = 0, []
    for character in text:
        depth -= character in _CLOSE
        found.append(depth)
        depth += character in _OPEN
    return found


def _put(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def _terms(text: str) -> list[tuple[int, int]]:
    """The spans of the terms of the outermost sum, each with the sign before it."""
    depths = _depths(text)
    cuts = [m.start() for m in re.finditer(r"(?<=\s)[+\-−](?=\s)", text) if depths[m.start()] == 0]
    return list(zip([0, *cuts], [*cuts, len(text)], strict=True))


_FACTOR_GAP = re.compile(r"\s*\\,\s*|\s*\\odot\s*|\s+[*⊙@]\s+|\s+(?![+\-−=])")


def _factors(text: str) -> list[tuple[int, int]]:
    r"""The spans of the factors of a product: what stands between spaces and signs of products, brackets left whole."""
    depths = _depths(text)
    gaps = [m.span() for m in _FACTOR_GAP.finditer(text) if depths[m.start()] == 0 and m.end() < len(text)]
    starts, ends = [0, *(end for _, end in gaps)], [*(start for start, _ in gaps), len(text)]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def _is_sum(factor: str) -> bool:
    return "sum" in factor or "∑" in factor


# the changes


def _signs(claim: Written) -> Found:
    """Another sign between two terms, anywhere, or before the whole."""
    for match in re.finditer(r"(?<=[^\s(\[{=,_^])(\s+)([+\-−])(?=\s)", claim.right):
        new = "-" if match[2] == "+" else "+"
        yield _put(claim.right, match.start(2), match.end(2), new), new, match[2]
    if re.match(r"\s*[-−]", claim.right):
        yield re.sub(r"^\s*[-−]\s*", "", claim.right), "", "-"
    elif len(_terms(claim.right)) == 1:
        yield f"-{claim.right}", "-", ""


def _whole_factors(claim: Written) -> Found:
    """The whole times 2 or ½, and times 1/m or m where the line is about the samples."""
    whole = claim.right if len(_terms(claim.right)) == 1 and not claim.right.startswith("-") else f"({claim.right})"
    half, over = (r"\frac{1}{2}", r"\frac{1}{%s}") if claim.is_latex else ("(1/2)", "(1/%s)")
    of_samples = claim.samples and re.search(rf"(?<![a-z]){claim.samples}(?![a-z])|_s|\[s", claim.text)
    numbers = ["2", half, *([over % claim.samples, claim.samples] if of_samples else ())]
    for number in numbers:
        yield f"{number} {whole}", number, ""


def _numbers(claim: Written) -> Found:
    """A number left out or another one in its place."""
    for match in re.finditer(r"\\frac\{1\}\{(\w+)\}\s*(?:\\,)?\s*|\(1/(\w+)\)\s*", claim.right):
        yield _put(claim.right, *match.span(), ""), "", match[0]
    for match in re.finditer(r"(?<![\w.^_{/])2(?= )|(?<=\\frac\{)2(?=\})", claim.right):
        for new in ("1", "3"):
            yield _put(claim.right, *match.span(), new), new, "2"


_TRANSPOSED = re.compile(r"\^\{?\\top\}?|(?<=\])\\top(?=\})|ᵀ|\^T(?![a-z])")
_BARE = re.compile(r"(?<![\\A-Za-z∂])(d?[A-Z](?:_[a-z])?\d*)(?![\w\[_^'(ᵀ.])")


def _transposes(claim: Written) -> Found:
    """A transpose too many or too few."""
    for match in _TRANSPOSED.finditer(claim.right):
        yield _put(claim.right, *match.span(), ""), "", match[0]
    sign = r"^\top" if claim.is_latex else "ᵀ"
    for match in _BARE.finditer(claim.right):
        yield _put(claim.right, match.end(), match.end(), sign), match[0] + sign, match[0]
    for start, end in _factors(claim.right):
        part = claim.right[start:end]
        if part.startswith("(") and part.endswith(")"):
            yield _put(claim.right, end, end, sign), part + sign, part
    if claim.is_latex:
        for match in re.finditer(r"\^\{\[(\w+)\]\}(?!_)", claim.right):
            yield _put(claim.right, *match.span(), rf"^{{[{match[1]}]\top}}"), "transposed", ""


def _names(claim: Written) -> Found:
    """One tensor in place of another of its shape, in one place."""
    for group in claim.alike:
        for old in group:
            for match in re.finditer(rf"(?<![\w\\∂'\]]){re.escape(old)}(?![A-Za-z0-9'^])", claim.right):
                for new in group:
                    if new != old:
                        yield _put(claim.right, *match.span(), new), new, old
    for match in re.finditer(r"(?<=\W)d(?=[A-Za-z]\w*[\^_ \[ᵀ⊙])|(?<![\w\\])d(?=[A-Z])", claim.right):
        yield _put(claim.right, *match.span(), ""), "a tensor", "its adjoint"


_SUBSCRIPT = re.compile(r"_\{([A-Za-z,\\+\-0-9]*)\}|_([a-z])(?![a-z])|\[([^\]\[{]*)\]")
_LETTER = re.compile(r"\\tau|(?<![A-Za-z\\])[a-z](?![a-z]{2})|(?<=[a-z])[a-z](?![a-z])")


def _indices(claim: Written) -> Found:
    """Two indices of an entry exchanged, or one letter for another."""
    insides = ("".join(part) for part in _SUBSCRIPT.findall(claim.text))
    letters = sorted({letter for inside in insides for letter in _LETTER.findall(inside)})
    for match in _SUBSCRIPT.finditer(claim.right):
        inside, start = next((match[g], match.start(g)) for g in (1, 2, 3) if match[g] is not None)
        found = list(_LETTER.finditer(inside))
        for one, other in combinations(found, 2):
            if one[0] != other[0]:
                turned = inside[: one.start()] + other[0] + inside[one.end() : other.start()] + one[0]
                yield _put(claim.right, start, start + len(inside), turned + inside[other.end() :]), other[0], one[0]
        for one in found:
            for new in letters:
                if new != one[0] and (claim.is_latex or "," in inside or len(inside) == 1):
                    at = start + one.start()
                    yield _put(claim.right, at, at + len(one[0]), new), new, one[0]


_RANGE = re.compile(r"\\sum_\{\\?[a-z]+=1\}\^\{([^{}]*)\}")


def _ranges(claim: Written) -> Found:
    """A sum over 1..n-1 or 2..n, or over nothing."""
    for match in _RANGE.finditer(claim.right):
        yield _put(claim.right, *match.span(1), f"{match[1]}-1"), f"{match[1]}-1", match[1]
        yield _put(claim.right, *match.span(), match[0].replace("=1}", "=2}")), "from 2", "from 1"
    for match in re.finditer(r"(?:rowsum|colsum)", claim.right):
        new = "colsum" if match[0] == "rowsum" else "rowsum"
        yield _put(claim.right, *match.span(), new), new, match[0]


def _terms_dropped(claim: Written) -> Found:
    """A term left out of the outermost sum, or of one in brackets."""
    yield from _without_terms(claim.right, 0, len(claim.right))
    for match in re.finditer(r"\(", claim.right):
        depths = _depths(claim.right)
        end = next((at for at in range(match.end(), len(depths)) if depths[at] == depths[match.start()]), None)
        if end is not None:
            yield from _without_terms(claim.right, match.end(), end)


def _without_terms(text: str, start: int, end: int) -> Found:
    inside = text[start:end]
    spans = _terms(inside)
    for first, last in spans if len(spans) > 1 else ():
        rest = (inside[:first] + inside[last:]).strip()
        yield _put(text, start, end, re.sub(r"^\+\s*", "", rest)), "", inside[first:last].strip()


def _factors_dropped(claim: Written) -> Found:
    """A factor left out of a term."""
    for first, last in _terms(claim.right):
        term = claim.right[first:last]
        spans = _factors(term)
        for at, (start, end) in enumerate(spans):
            if len(spans) < 2 or term[start:end].strip() in "+-−" or _is_sum(term[start:end]):
                continue
            after = spans[at + 1][0] if at + 1 < len(spans) else end
            rest = term[:start] + term[after:] if at + 1 < len(spans) else term[: spans[at - 1][1]]
            rest = re.sub(r"^([+\-−]?\s*)(?:\\odot|[*⊙@])\s*", r"\1", rest)
            yield _put(claim.right, first, last, rest), "", term[start:end]


def _products(claim: Written) -> Found:
    """⊙ for a matrix product, and a matrix product for ⊙."""
    for match in re.finditer(r"\s*\\odot\s*|\s+[⊙*]\s+", claim.right):
        yield _put(claim.right, *match.span(), r" \, " if claim.is_latex else " @ "), "matrix product", "⊙"
    for match in re.finditer(r"\s*\\,\s*|\s+@\s+|(?<=[\w\]ᵀ)])\s(?=[a-zA-Z(])", claim.right):
        yield _put(claim.right, *match.span(), r" \odot " if claim.is_latex else " ⊙ "), "⊙", "matrix product"


def _steps(claim: Written) -> Found:
    """Another step: t+1 for t, t for t-1."""
    for match in re.finditer(r"(?<=[_{,\[a-z])(?:t|\\tau)([+-]1)?(?=[,}\]i-n])", claim.right):
        bare = match[0].removesuffix(match[1] or "")
        for new in (bare, f"{bare}+1", f"{bare}-1"):
            if new != match[0]:
                comma = "," if new != bare and claim.right[match.end() : match.end() + 1] not in ",}]" else ""
                yield _put(claim.right, *match.span(), new + comma), new, match[0]


_FUNCTIONS = {r"\tanh": r"\sigma", r"\sigma": r"\tanh", "tanh": "σ", "σ": "tanh", r"\mathrm{ReLU}": r"\sigma"}


def _slopes(claim: Written) -> Found:
    """σ for σ', σ' for σ, one function for another."""
    for match in re.finditer(r"(\\tanh|\\sigma|\\mathrm\{ReLU\}|\b\w+|σ)'(?=\s*\(|\\bigl)", claim.right):
        yield _put(claim.right, match.start(), match.end(), match[1]), match[1], match[0]
    for match in re.finditer(r"(\\tanh|\\sigma|\\mathrm\{ReLU\}|\btanh|σ)(?=\s*\(|\\bigl)", claim.right):
        yield _put(claim.right, match.start(), match.end(), match[1] + "'"), match[1] + "'", match[1]
    for match in re.finditer(r"(\\tanh|\\sigma(?![a-z])|\btanh|σ|\\mathrm\{ReLU\})", claim.right):
        new = _FUNCTIONS.get(match[1])
        if new is not None:
            yield _put(claim.right, *match.span(1), new), new, match[1]


def _powers(claim: Written) -> Found:
    """A square for a cube, a square left out."""
    for match in re.finditer(r"\^\{?(?:\\odot )?([23])\}?|²", claim.right):
        yield _put(claim.right, *match.span(), ""), "", match[0]
        if match[1]:
            new = "3" if match[1] == "2" else "2"
            yield _put(claim.right, *match.span(1), new), new, match[1]


def _complements(claim: Written) -> Found:
    """a for 1 - a."""
    for match in re.finditer(r"\(1 [-−] ([^()]*)\)", claim.right):
        yield _put(claim.right, *match.span(), match[1].strip()), match[1], match[0]


def _orders(claim: Written) -> Found:
    """Two neighbouring factors or terms exchanged."""
    for first, last in _terms(claim.right):
        term = claim.right[first:last]
        for (a, b), (c, d) in zip(spans := _factors(term), spans[1:], strict=False):
            if not any(_is_sum(term[x:y]) or term[x:y].strip() in "+-−" for x, y in ((a, b), (c, d))):
                turned = term[:a] + term[c:d] + term[b:c] + term[a:b] + term[d:]
                yield _put(claim.right, first, last, turned), f"{term[c:d]} {term[a:b]}", f"{term[a:b]} {term[c:d]}"
    spans = _terms(claim.right)
    if len(spans) > 1 and spans[0][0] == 0 and claim.right[slice(*spans[1])].startswith("+"):
        first, second = (claim.right[slice(*span)].strip() for span in spans[:2])
        yield f"{second[1:].strip()} + {first} {claim.right[spans[1][1] :]}", "", ""


def _conditions(claim: Written) -> Found:
    for match in re.finditer(r"(?<=\s)[<>](?=\s)|\\geq?|\\leq?(?![a-z])", claim.right):
        new = {">": "<", "<": ">"}.get(match[0], ">")
        yield _put(claim.right, *match.span(), new), new, match[0]


CHANGES: dict[str, Callable[[Written], Found]] = {
    "sign": _signs,
    "factor": _whole_factors,
    "number": _numbers,
    "transpose": _transposes,
    "name": _names,
    "index": _indices,
    "range": _ranges,
    "term dropped": _terms_dropped,
    "factor dropped": _factors_dropped,
    "product": _products,
    "step": _steps,
    "function": _slopes,
    "power": _powers,
    "complement": _complements,
    "order": _orders,
    "condition": _conditions,
}


def kinds() -> Sequence[str]:
    return tuple(CHANGES)
