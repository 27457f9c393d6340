"""The table of layer calls in docs/model_files.md says what the catalogue says."""

from __future__ import annotations

import re
from pathlib import Path

from symbackprop.model.layers.catalogue import LAYERS, Signature

PAGE = Path(__file__).parents[2] / "docs" / "model_files.md"


def documented() -> dict[str, tuple[str, ...]]:
    """Each call of the table with its arguments, those of rows with several names for each of them."""
    section = PAGE.read_text(encoding="utf-8").partition("## Layers")[2].partition("## Bounds")[0]
    found: dict[str, tuple[str, ...]] = {}
    for line in section.splitlines():
        cell = line.split("|")[1] if line.startswith("| `") else ""
        texts = re.findall(r"`([^`]+)`", cell)
        shared = texts[-1] if texts else ""
        for text in texts:
            name, opened, arguments = (text if "(" in text else text + shared).removesuffix(")").partition("(")
            if name and opened:
                found[name] = tuple(part.strip() for part in re.sub(r"\[.*\]", "shape", arguments).split(","))
    return found


def expected(signature: Signature) -> tuple[str, ...]:
    """The options in the order in which a call may have them: flags by name alone, at the end."""
    options = [one for one in signature.options if one.kind != "flag"]
    defaults = {name: field.default for name, field in signature.layer.__dataclass_fields__.items()}
    flags = [f"{o.name}={'yes' if defaults[o.name] else 'no'}" for o in signature.options if o.kind == "flag"]
    return (*(one.name for one in options), *flags)


def test_every_layer_stands_in_the_table() -> None:
    """Each call of the catalogue, and no other."""
    assert set(documented()) == set(LAYERS)


def test_options_stand_as_the_calls_take_them() -> None:
    """After the tensors that it reads, each call's options in their order."""
    table = documented()
    shown = {name: table[name][signature.sources or 2 :] for name, signature in LAYERS.items()}
    assert shown == {name: expected(signature) for name, signature in LAYERS.items()}
