"""How objects show themselves in Jupyter: documents in Markdown, equations in LaTeX, verdicts as a table.

The records know nothing of rendering, which stands above them; so their displays are given to them here, from above.
"""

from __future__ import annotations

from symbackprop.compiling.compiled import Compiled
from symbackprop.derivation.by_sample import BySample
from symbackprop.derivation.derivation import Derivation
from symbackprop.derivation.scalar_derivation import ScalarDerivation
from symbackprop.derivation.sweep import forward_only
from symbackprop.model.model import Model
from symbackprop.notation.conventions import Conventions
from symbackprop.rendering.environment import environment
from symbackprop.rendering.formulas import formulas_of
from symbackprop.rendering.render import document_text
from symbackprop.rendering.reports import MARKS
from symbackprop.verifying.verdicts import Report


def attach() -> None:
    """Gives each class the methods by which Jupyter shows its objects."""
    for kind in (Derivation, ScalarDerivation, BySample):
        setattr(kind, "_repr_markdown_", document_of)  # noqa: B010 a class has no such attribute to a type checker
    setattr(Model, "_repr_latex_", latex_of)  # noqa: B010
    setattr(Compiled, "_repr_markdown_", program_of)  # noqa: B010
    setattr(Report, "_repr_html_", table_of)  # noqa: B010


def document_of(derivation: Derivation | ScalarDerivation | BySample) -> str:
    """The document in Markdown, its formulas between dollars, as notebooks have them."""
    return document_text(derivation, "md", dialect="dollar")


def latex_of(model: Model) -> str:
    """The forward equations of one sample, and the cost over all, as a display in LaTeX."""
    forward = forward_only(model)
    formulas = formulas_of(forward, Conventions(), "tex")
    return f"$$\n{formulas.block([formulas.result(step, 'both') for step in forward.forward])}\n$$"


def program_of(compiled: Compiled) -> str:
    """The source of the function, as code in Markdown."""
    return f"```python\n{compiled.source.rstrip()}\n```"


def table_of(report: Report) -> str:
    """The verdicts as a table in HTML."""
    return environment().get_template("report_table.html.jinja").render(report=report, marks=MARKS)
