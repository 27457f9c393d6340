"""The tokens of model files: canonical words, places, and where statements end."""

import pytest

from symbackprop.errors import LimitError, NotationError
from symbackprop.notation.reading.dialect import lines_of
from symbackprop.notation.source import MAX_LINE, MAX_TEXT, Span, read_file, source_of
from symbackprop.notation.surface.text import canonical


def words(text: str) -> list[str]:
    """What the tokens say, without the brackets that nobody sees round raised characters."""
    return [token.text for line in lines_of(source_of(text)) for token in line if token.text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("z1 = W1 x + b1", ["z1", "=", "W1", "x", "+", "b1"]),
        ("W₁ᵀ·δ", ["W1", "^", "⊤", "·", "delta"]),
        ("σ(z) − λ1", ["sigma", "(", "z", ")", "-", "lambda1"]),
        ("x² + y⁻¹", ["x", "^", "2", "+", "y", "^", "-", "1"]),
        ("x**2 ∘ y", ["x", "^", "2", "⊙", "y"]),
        ("2.5e-3x", ["2.5e-3", "x"]),
        ("2exp(x)", ["2", "exp", "(", "x", ")"]),
        (".5 x", [".5", "x"]),
        ("sum(j = 1..n-1, x[j])", ["sum", "(", "j", "=", "1", "..", "n", "-", "1", ",", "x", "[", "j", "]", ")"]),
        ("a1.W x", ["a1.W", "x"]),
        ("0<=i<n", ["0", "≤", "i", "<", "n"]),
        ("i ≤ n ≠ m", ["i", "≤", "n", "≠", "m"]),
        ("ŷ − y\u0302", ["ŷ", "-", "ŷ"]),
        ("½ x", ["½", "x"]),
        ("∑(j, x[j])", ["sum", "(", "j", ",", "x", "[", "j", "]", ")"]),
        ("x # y", ["x"]),
        ("", []),
        ("\ufeffx", ["x"]),
    ],
)
def test_words(text, expected):
    """Each spelling becomes its canonical tokens."""
    assert words(text) == expected


@pytest.mark.parametrize(
    ("written", "name"),
    [("λ", "lambda"), ("δ_1", "delta_1"), ("Δx", "Δx"), ("𝑊", "W"), ("W₁₂", "W12"), ("µ", "mu"), ("ϵ", "epsilon")],
)
def test_canonical_names(written, name):
    """A name has one form however it is typed."""
    assert canonical(written) == name


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a = b\nc = d", 2),
        ("a = b +\n  c\nd = e", 2),
        ("a = f(b,\n\n  c # why\n )\nd = e", 2),
        ("a =\n b", 1),
        ("a = b if c > 0 else # not yet\n d", 1),
        ("\n\n# only words\n\n", 0),
        ("a = b\r\nc = d\re = f", 3),
    ],
)
def test_statements_end_with_their_line_unless_it_goes_on(text, count):
    """Open brackets and trailing operators carry a statement to the next line; blank lines are none."""
    assert len(list(lines_of(source_of(text)))) == count


def test_places():
    """A token knows its line and column, also after tabs, wide letters and other line ends."""
    source = source_of("a = b\r\n\tσ₁ = ½c", "file")
    (name,) = [token for line in lines_of(source) for token in line if token.text == "c"]
    place = source.locate(name.span)
    assert (place.source, place.line, place.column, place.length, place.text) == ("file", 2, 8, 1, "\tσ₁ = ½c")
    assert source.written(name.span) == "c"


def test_span_over_several_lines_is_cut_to_its_first():
    """A place is on one line."""
    source = source_of("f(a, # first\n  b)")
    place = source.locate(Span(0, len(source.text)))
    assert (place.line, place.column, place.length) == (1, 1, 12)
    assert source.written(Span(0, len(source.text))) == "f(a, b)"


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a = $b", 1, 5, "plain text, not LaTeX"),
        ("a = b'", 1, 6, "W^T"),
        ("a = Wᵢ", 1, 6, "W[i,j]"),
        ("a\u200b = b", 1, 2, "U+200B"),
        ("_a = b", 1, 1, "begins with a letter"),
    ],
)
def test_what_has_no_meaning_is_refused_at_its_place(text, line, column, words):
    """Unknown characters are named with line and column."""
    with pytest.raises(NotationError) as caught:
        list(lines_of(source_of(text)))
    assert (caught.value.where.line, caught.value.where.column) == (line, column)
    assert words in str(caught.value)


def test_bounds():
    """Texts and lines beyond the bounds are refused before they are read."""
    source_of("a" * MAX_LINE + "\n" + "b" * MAX_LINE)
    with pytest.raises(LimitError, match=r"line 2 has 10,001 characters"):
        source_of("x\n" + "a" * (MAX_LINE + 1))
    with pytest.raises(LimitError, match=r"1,000,001 characters"):
        source_of("\n" * (MAX_TEXT + 1))
    with pytest.raises(NotationError, match=r"null character in line 2"):
        source_of("x\ny\0")


def test_files(tmp_path):
    """Missing, foreign and binary files are named with the mend."""
    good = tmp_path / "good.model"
    good.write_bytes("\ufeffλ = 1".encode())
    assert read_file(good).text == "λ = 1"
    bad = tmp_path / "bad.model"
    bad.write_bytes(b"a = b\nc = \xff")
    huge = tmp_path / "huge.model"
    huge.write_bytes(b"\n" * (4 * MAX_TEXT + 1))
    for path, words in [
        (tmp_path / "no.model", "there is no file"),
        (tmp_path, "is a directory"),
        (bad, "Line 2 has the byte 0xff"),
        (huge, "too large"),
    ]:
        with pytest.raises(NotationError, match=words):
            read_file(path)
