"""A model as a few readable lines, like the text of a `.model` file."""

from __future__ import annotations

from typing import Any


def listing(model: Any) -> str:
    """Declarations and equations, one a line."""
    lines = [
        f"# {model.name}",
        *map(repr, (t for t in model.tensors if t.role not in ("intermediate", "loss", "cost"))),
    ]
    lines += [f"{e.tensor}{list(e.indices) or ''} = {e.expression}" for e in model.equations]
    if model.cost is not None:
        lines.append(f"cost {model.cost.tensor} = {model.cost.expression}")
    return "\n".join(lines)
