"""Notes: which lines of a Markdown, LaTeX or plain text note state something, where, and under which heading."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbackprop.errors import LimitError, NotationError, UsageError
from symbackprop.model.model import Model
from symbackprop.notation.claims.records import Statement, Unreadable
from symbackprop.notation.conventions import Conventions
from symbackprop.notation.reading.model_text import read_model
from symbackprop.notation.reading.notes import guessed, names_of, statements_of
from symbackprop.notation.source import MAX_TEXT

MODEL = read_model(
    """
    size n, h
    input x[n]
    target y[1] binary
    samples m in columns
    parameter W1[h,n], b1[h], W2[1,h], b2[1]
    z1 = W1 x + b1
    a1 = sigmoid(z1)
    z2 = W2 a1 + b2
    a2 = sigmoid(z2)
    loss L = binary_cross_entropy(a2, y)
    cost J = mean(L)
    """
)


def stated(note: str, format: str | None = None, model: Model = MODEL) -> list[str]:
    """The tokens of each statement; of an unreadable one what is wrong."""
    return [
        " ".join(token.text for token in found.tokens[:-1]) if isinstance(found, Statement) else found.error.what
        for found in statements_of(note, model, format=format)  # type: ignore[arg-type]
    ]


MARKDOWN = r"""# Backpropagation

Let $`dW^{[1]} = 0`$ be a start, and $x = 1$.

| symbol | shape |
| --- | --- |
| $`W = 1`$ | n = m |

## One sample

```math
dz^{[2]} = a^{[2]} - y
```

Shapes: $`(1 \times 1) = (1 \times 1) + (1 \times 1)`$.

$$ dW^{[2]} = dz^{[2]} a^{[1]T} $$

$$
\begin{aligned}
dz^{[1]} &= W^{[2]\top} dz^{[2]} \odot \sigma'(z^{[1]}) \\
&= da^{[1]} \odot a^{[1]} \odot (1 - a^{[1]})
\end{aligned}
$$

- $dW^{[1]} = dz^{[1]} x^T$,
1. $`db^{[1]} = dz^{[1]}`$.

relu'(0) = 0 by choice.

```python
dW1 = dz1 @ x.T
```

dW1 = dz1 x^T
  = dz1 xᵀ

    db1 = dz1

```text
db2 = dz2
```

### Details

\[ da^{[1]} = W^{[2]\top} dz^{[2]} \]

<!-- dz2 = 0 -->

All samples at once
-------------------

> $$dZ^{[2]} = A^{[2]} - Y$$

`dZ2 = A2 - Y`

\begin{align}
dW^{[2]} &= \frac{1}{m} dZ^{[2]} A^{[1]\top} \\
db^{[2]} &= \frac{1}{m} \mathrm{rowsum}(dZ^{[2]})
\end{align}
"""


def test_markdown():
    """Displays, whole lines, fences and plain lines are read; prose, tables, code and comments are not."""
    assert stated(MARKDOWN, "md") == [
        "dz2 = a2 - y",
        "dW2 = dz2 a1 ᵀ",
        "dz1 = W2 ᵀ dz2 ⊙ sigma ' ( z1 ) = da1 ⊙ a1 ⊙ ( 1 - a1 )",
        "dW1 = dz1 x ᵀ",
        "db1 = dz1",
        "dW1 = dz1 x ^ T = dz1 x ᵀ",
        "db1 = dz1",
        "db2 = dz2",
        "da1 = W2 ᵀ dz2",
        "dZ2 = A2 - Y",
        "dZ2 = A2 - Y",
        "dW2 = ( 1 / m ) dZ2 A1 ᵀ",
        "db2 = ( 1 / m ) rowsum ( dZ2 )",
    ]


def test_markdown_places_and_headings():
    """Each statement has the line of the note that it stands in, and the scale of its heading."""
    found = statements_of(MARKDOWN, MODEL, format="md")
    lines = MARKDOWN.split("\n")
    assert all(s.where.text == lines[s.where.line - 1] for s in found)
    assert all(s.written[:6] in s.where.text for s in found)
    scales = [s.scale for s in found if isinstance(s, Statement)]
    assert scales == ["one sample"] * 9 + ["all samples"] * 4
    assert all(isinstance(s, Statement) and s.tokens[-1].kind == "newline" for s in found)
    assert all(s.source.text[t.span.start :] for s in found if isinstance(s, Statement) for t in s.tokens[:-1])


TEX = r"""\documentclass{article} % dW^{[1]} = 0
\newcommand{\x}{$y = 1$}
\begin{document}
\section{One sample}
We write $a = b$ for a start. % $$x = y$$
\begin{equation}\label{eq:1}
dz^{[2]} = a^{[2]} - y % the start
\end{equation}
\begin{verbatim}
\[ x = y \]
\end{verbatim}
\begin{align*}
dW^{[2]} &= dz^{[2]} a^{[1]\top}, \\
dz^{[1]} &= W^{[2]\top} dz^{[2]} \\
         &\quad \odot \sigma'(z^{[1]})
\end{align*}
\begin{itemize}
\item $db^{[1]} = dz^{[1]}$.
\item where $x = y$ holds
\end{itemize}
\subsection*{More}
$$ dW^{[1]} = dz^{[1]} x^\top $$
\section{Vectorized, for $m$ examples}
50\% of \[ dZ^{[2]} = A^{[2]} - Y \]
\begin{tabular}{l} $x = y$ \end{tabular}
\end{document}
\[ x = y \]
"""


def test_tex():
    """Displays of a document are read; preamble, comments, verbatim, tables and what follows its end are not."""
    assert stated(TEX, "tex") == [
        "dz2 = a2 - y",
        "dW2 = dz2 a1 ᵀ",
        "dz1 = W2 ᵀ dz2 ⊙ sigma ' ( z1 )",
        "db1 = dz1",
        "dW1 = dz1 x ᵀ",
        "dZ2 = A2 - Y",
    ]
    found = statements_of(TEX, MODEL, format="tex")
    assert [s.where.line for s in found] == [7, 13, 14, 18, 22, 24]
    scales = [s.scale for s in found if isinstance(s, Statement)]
    assert scales == ["one sample"] * 5 + ["all samples"]


def test_plain_text():
    """A plain text states something in each line with an equals sign."""
    assert stated("dz2 = a2 - y  # why\n\nso\ndW2 = dz2 a1^T") == ["dz2 = a2 - y", "dW2 = dz2 a1 ^ T"]


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("dW1 = dz1 x^T", "txt"),
        ("", "txt"),
        (r"dW^{[1]} = dz^{[1]} x^\top", "latex"),
        ("W_{1} = x", "latex"),
        ("$$x = y$$", "md"),
        ("# a comment\nx = y # another", "txt"),
        ("## Title\nx = y", "md"),
        ("```math\nx = y\n```", "md"),
        (r"\[ x = y \]", "md"),
        ("\\documentclass{article}", "tex"),
        ("\\section{One}\n\\[x = y\\]", "tex"),
    ],
)
def test_formats_of_texts(text, format):
    """A text without a name tells its format by its marks."""
    assert guessed(text) == format


def test_formats_of_files(tmp_path: Path):
    """A file's ending tells its format, whatever its marks."""
    for name, content in (("a.md", "$$x = y$$"), ("a.tex", r"\[x = y\]"), ("a.txt", "x = y"), ("a", "x = y")):
        (tmp_path / name).write_text(content, encoding="utf-8")
        found = statements_of(tmp_path / name, MODEL)
        assert [s.written for s in found] == ["x = y"]
        assert found[0].where.source == str(tmp_path / name)
    with pytest.raises(UsageError, match="cannot tell the format"):
        statements_of(tmp_path / "a.rst", MODEL)
    with pytest.raises(UsageError, match="no format 'pdf'"):
        statements_of("x", MODEL, format="pdf")  # type: ignore[arg-type]
    with pytest.raises(NotationError, match="there is no file"):
        statements_of(tmp_path / "none.md", MODEL)


def test_one_wrong_line_spoils_no_other():
    """What cannot be read is reported where it stands; the lines after it are read."""
    note = "$$x = \\foo y$$\n\n$$y = z^{[2]}$$\n\n$$W^{[l]} = 1, \\quad x = y$$\n\n```math\nx = (y\n```\n\n$$x = y$$\n"
    found = statements_of(note, MODEL, format="md")
    assert [type(s) for s in found] == [Unreadable, Statement, Unreadable, Statement, Unreadable, Statement]
    assert [s.where.line for s in found] == [1, 3, 5, 5, 8, 11]
    assert stated(note, "md")[::2] == [
        r"unknown command \foo",
        "the layer [l] is left open",
        "this ( is never closed",
    ]
    assert all(s.error.where is not None and s.error.fix for s in found if isinstance(s, Unreadable))


@pytest.mark.parametrize(
    ("note", "format", "what"),
    [
        ("$$x = y", "md", "this $$ is never closed"),
        ("x\n\\[ x = y", "md", "this \\[ is never closed"),
        ("\\begin{align} x = y", "md", "this \\begin is never closed"),
        ("\\begin{document}\\begin{align} x = y", "tex", "this \\begin is never closed"),
        ("\\[ x = y", "tex", "this \\[ is never closed"),
    ],
)
def test_displays_that_never_end(note, format, what):
    """They are reported, for what follows them is lost."""
    assert stated(note, format) == [what]


@pytest.mark.parametrize(
    ("title", "scale", "root"),
    [
        ("One sample", "one sample", None),
        ("All samples", "all samples", None),
        ("Mini-batch version", "all samples", None),
        ("From one sample to all samples", None, None),
        ("Gradients of the cost", None, "J"),
        ("Derivatives of $L$, one example", "one sample", "L"),
        ("Derivatives of the network", None, None),
        ("Loss", None, None),
    ],
)
def test_headings(title, scale, root):
    """What a heading says of samples and roots holds until the next of its rank."""
    note = f"## {title}\n### Part\n\n$$x = y$$\n\n## Next\n\n$$x = y$$"
    first, second = statements_of(note, MODEL, format="md")
    assert isinstance(first, Statement)
    assert isinstance(second, Statement)
    assert (first.scale, first.root) == (scale, root)
    assert (second.scale, second.root) == (None, None)


def test_prose_states_nothing():
    """Lines of Markdown with words in them are prose, whatever signs they have."""
    assert stated("Let x = the input.\nA step size of eta = 0.1 works.\nSee http://a.b/?x=y\nso W1 = W2?", "md") == []
    assert stated("W1 = W1 - eta dW1\n\nW̄1 = z̄1 xᵀ\n\nδ2 = a2 - y", "md") == [
        "W1 = W1 - eta dW1",
        "W1_bar = z1_bar x ᵀ",
        "delta2 = a2 - y",
    ]


def test_names_by_scale():
    """A tensor has an index more in the formulas of all samples, where it may have a capital."""
    one, whole = (names_of(MODEL, Conventions(), scale) for scale in ("one sample", "all samples"))
    either = names_of(MODEL, Conventions(), None)
    assert one.tensors["z1"] == {1}
    assert "Z1" not in one.tensors
    assert whole.tensors["Z1"] == whole.tensors["z1"] == {2}
    assert either.tensors["z1"] == {1, 2}
    assert either.tensors["W1"] == {2}
    assert either.tensors["delta1"] == {1, 2}
    assert either.tensors["w1"] == {2}
    assert either.tensors["x"] == {1, 2}
    assert either.sizes == {"n", "h", "m"}


def test_a_long_note_is_read_in_time_linear_in_its_length():
    """Many blocks cost no more than their sum; too long a text is refused."""
    many = "$$x = y$$\n\nW1 = W2\n\n" * 1000
    assert len(statements_of(many, MODEL, format="md")) == 2000
    with pytest.raises(LimitError, match="more than 2,000 claims"):
        statements_of(many + many, MODEL, format="md")
    with pytest.raises(LimitError):
        statements_of("x = y\n" * MAX_TEXT, MODEL, format="md")
