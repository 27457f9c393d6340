"""Notes: which lines of a Markdown, LaTeX or plain text note state something, where, and under which heading."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbackprop.errors import LimitError, NotationError, UsageError
from symbackprop.notation.claims.headings import root_under
from symbackprop.notation.claims.records import Claim, Defined, Line, Unreadable
from symbackprop.notation.claims.symbols import symbols_of
from symbackprop.notation.notes.formats import Format, guessed, parts_of
from symbackprop.notation.reading.model_text import read_model
from symbackprop.notation.source import MAX_TEXT
from tests.notation.readings import note_of

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


def lines_of(note: str, format: Format | None = None) -> tuple[Line, ...]:
    return note_of(note, MODEL, format).lines


def stated(note: str, format: Format | None = None) -> list[str]:
    """What each line states, as written but for white space and alignment; of an unreadable one what is wrong."""
    return [
        line.error.what if isinstance(line, Unreadable) else " ".join(line.written.replace("&", " ").split())
        for line in lines_of(note, format)
    ]


MARKDOWN = r"""# Backpropagation

Let $`dW^{[1]} = 0`$ be a start, and $x = 1$.

| symbol | shape |
| --- | --- |
| $`W = 1`$ | n = m |
| db2 = dz2 | `b1 = dz1` |

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
    """Displays, formulas in the line, tables, fences, code and plain lines are read; programs and comments are not."""
    assert stated(MARKDOWN, "md") == [
        "dW^{[1]} = 0",
        "x = 1",
        "W = 1",
        "db2 = dz2",
        "b1 = dz1",
        "dz^{[2]} = a^{[2]} - y",
        "dW^{[2]} = dz^{[2]} a^{[1]T}",
        r"dz^{[1]} = W^{[2]\top} dz^{[2]} \odot \sigma'(z^{[1]}) \\ = da^{[1]} \odot a^{[1]} \odot (1 - a^{[1]})",
        "dW^{[1]} = dz^{[1]} x^T",
        "db^{[1]} = dz^{[1]}",
        "relu'(0) = 0",
        "dW1 = dz1 x^T = dz1 xᵀ",
        "db1 = dz1",
        "db2 = dz2",
        r"da^{[1]} = W^{[2]\top} dz^{[2]}",
        "dZ^{[2]} = A^{[2]} - Y",
        "dZ2 = A2 - Y",
        r"dW^{[2]} = \frac{1}{m} dZ^{[2]} A^{[1]\top}",
        r"db^{[2]} = \frac{1}{m} \mathrm{rowsum}(dZ^{[2]})",
    ]


def test_markdown_places_and_headings():
    """Each statement has the line of the note that it stands in, and the scale of its heading."""
    found = lines_of(MARKDOWN, "md")
    lines = MARKDOWN.split("\n")
    assert all(line.where.text == lines[line.where.line - 1] for line in found)
    assert all(line.written[:6] in line.where.text for line in found)
    scales = [line.scale for line in found if isinstance(line, Claim)]
    assert scales == [None] * 3 + ["one sample"] * 10 + ["all samples"] * 4
    assert [line.name for line in found if isinstance(line, Defined)] == ["x", "W"]


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
    """Displays, formulas in the line and tables are read; preamble, comments, verbatim, what follows the end are not."""
    assert stated(TEX, "tex") == [
        "a = b",
        "dz^{[2]} = a^{[2]} - y",
        r"dW^{[2]} = dz^{[2]} a^{[1]\top}",
        r"dz^{[1]} = W^{[2]\top} dz^{[2]} \\ \quad \odot \sigma'(z^{[1]})",
        "db^{[1]} = dz^{[1]}",
        "x = y",
        r"dW^{[1]} = dz^{[1]} x^\top",
        "dZ^{[2]} = A^{[2]} - Y",
        "x = y",
    ]
    found = lines_of(TEX, "tex")
    assert [line.where.line for line in found] == [5, 7, 13, 14, 18, 19, 22, 24, 25]
    scales = [line.scale for line in found if isinstance(line, Claim)]
    assert scales == ["one sample"] * 6 + ["all samples"] * 2


QUANTITIES = """
| quantity | gradient |
| --- | --- |
| $W^{[2]}$ | $dz^{[2]} a^{[1]T}$ |
| `b2` | `dz2` |
"""


def test_a_quantity_beside_its_gradient():
    """A row of a table of gradients states one; what it says is judged as the gradient of the quantity."""
    first, second = lines_of(QUANTITIES, "md")
    assert isinstance(first, Claim) and isinstance(second, Claim)
    subjects = [
        (line.readings[0].sides[0].subject.kind, line.readings[0].sides[0].subject.name) for line in (first, second)
    ]
    assert subjects == [("adjoint", "W2"), ("adjoint", "b2")]


NOTEBOOK = """{"cells": [
 {"cell_type": "markdown", "metadata": {}, "source": ["## One sample\\n", "$$dz^{[2]} = a^{[2]} - y$$"]},
 {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": ["dW1 = dz1 @ x.T"]},
 {"cell_type": "markdown", "metadata": {}, "source": "so $db^{[2]} = dz^{[2]}$"}
], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"""


def test_notebooks(tmp_path: Path):
    """The Markdown cells of a notebook are a note; its code is a program."""
    path = tmp_path / "note.ipynb"
    path.write_text(NOTEBOOK, encoding="utf-8")
    assert [line.written for line in note_of(path, MODEL).lines] == ["dz^{[2]} = a^{[2]} - y", "db^{[2]} = dz^{[2]}"]


def test_plain_text():
    """A plain text states something in each line with an equals sign."""
    assert stated("dz2 = a2 - y  # why\n\nso\ndW2 = dz2 a1^T") == ["dz2 = a2 - y", "dW2 = dz2 a1^T"]


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
        (found,) = note_of(tmp_path / name, MODEL).lines
        assert (found.written, found.where.source) == ("x = y", str(tmp_path / name))
    with pytest.raises(UsageError, match="cannot tell the format"):
        parts_of(tmp_path / "a.rst")
    with pytest.raises(UsageError, match="no format 'pdf'"):
        parts_of("x", "pdf")  # type: ignore[arg-type]
    with pytest.raises(NotationError, match="there is no file"):
        parts_of(tmp_path / "none.md")


def test_one_wrong_line_spoils_no_other():
    """What cannot be read is reported where it stands; the lines after it are read."""
    note = "$$x = \\foo y$$\n\n$$y = z^{[2]}$$\n\n$$dW^{[9]} = 1, \\quad x = y$$\n\n```math\nx = (y\n```\n\n$$x = y$$\n"
    found = lines_of(note, "md")
    assert [type(line) for line in found] == [Unreadable, Claim, Unreadable, Claim, Unreadable, Claim]
    assert [line.where.line for line in found] == [1, 3, 5, 5, 8, 11]
    assert stated(note, "md")[::2] == [
        r"\foo has no meaning here",
        "unknown name dW^{[9]}",
        "this ( is never closed",
    ]
    assert all(line.error.where is not None and line.error.fix for line in found if isinstance(line, Unreadable))


@pytest.mark.parametrize(
    ("note", "format", "what"),
    [
        ("$$x = y", "md", "this $$ is never closed"),
        ("x\n\\[ x = y", "md", "this \\[ is never closed"),
        ("\\begin{align} x = y", "md", "this \\begin{align} is never closed"),
        ("\\begin{document}\\begin{align} x = y", "tex", "this \\begin{align} is never closed"),
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
        ("Gradients of the cost", None, "cost"),
        ("Derivatives of $L$, one example", "one sample", "L"),
        ("Derivatives of the network", None, None),
        ("Loss", None, None),
    ],
)
def test_headings(title, scale, root):
    """What a heading says of samples and roots holds until the next of its rank."""
    note = f"## {title}\n### Part\n\n$$a^{{[2]}} = y$$\n\n## Next\n\n$$a^{{[2]}} = y$$"
    first, second = lines_of(note, "md")
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    assert (first.scale, second.scale) == (scale, None)
    assert root_under((title, "Part")) == root


def test_prose_states_nothing():
    """Words are prose, whatever signs they have; what a sentence states between them is read."""
    assert stated("Let x = the input.\nSee http://a.b/?x=y\n", "md") == []
    assert stated("A step size of eta = 0.1 works, so W1 = W2?", "md") == ["eta = 0.1", "W1 = W2"]
    assert stated("W1 = W1 - eta dW1\n\nW̄1 = z̄1 xᵀ\n\nδ2 = a2 - y", "md") == [
        "W1 = W1 - eta dW1",
        "W̄1 = z̄1 xᵀ",
        "δ2 = a2 - y",
    ]


def test_names_by_scale():
    """A tensor has an axis more in the formulas of all samples, where it may have a capital."""
    one, whole = symbols_of(MODEL)
    assert [len(one.tensors[str(one.named(name))]) for name in ("z1", "W1", "w1", "x")] == [1, 2, 2, 1]
    assert one.named("Z1") is None
    assert [len(whole.tensors[str(whole.named(name))]) for name in ("z1", "Z1", "W1", "X")] == [2, 2, 2, 2]
    assert set(whole.sizes) == {"n", "h", "m"}


def test_a_long_note_is_read_in_time_linear_in_its_length():
    """Many blocks cost no more than their sum; too long a text is refused."""
    many = "$$x = y$$\n\nW1 = W2\n\n"
    assert len(lines_of(many * 250, "md")) == 500
    with pytest.raises(LimitError, match="more than 2,000 claims"):
        lines_of(many * 1001, "md")
    with pytest.raises(LimitError):
        parts_of("x = y\n" * MAX_TEXT, "md")
