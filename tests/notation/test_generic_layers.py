"""Alike layers told once: what is told is, written out again, what stood there."""

from __future__ import annotations

import re
from itertools import chain

import pytest

import symbackprop as sb
from symbackprop.rendering.render import document_text


def network(layers: int, odd: int = 0, function: str = "tanh") -> str:
    """Equal layers but for the one `odd`, whose function is another."""
    text = ["size n", "input x[n]", "target y[n]"]
    for n in range(1, layers + 1):
        text += [f"parameter W{n}[n,n], b{n}[n]"]
    for n in range(1, layers + 1):
        before = f"a{n - 1}" if n > 1 else "x"
        text += [f"z{n} = W{n} {before} + b{n}", f"a{n} = {'sigmoid' if n == odd else function}(z{n})"]
    return "\n".join([*text, f"loss L = squared_error(a{layers}, y)", ""])


def lines(markdown: str) -> list[str]:
    blocks = re.findall(r"```math\n(.*?)\n```", markdown, re.DOTALL)
    parts = chain.from_iterable(block.splitlines() for block in blocks)
    return [part.removesuffix(" \\\\") for part in parts if "=" in part]


RANGE = re.compile(r" \\quad \\text\{for \} l = (\d+), \\dots, (\d+)")


def written_out(line: str) -> list[str]:
    """The line for each number that it is said for, in the letters of a plain document."""
    found = RANGE.search(line)
    if found is None:
        return [line]
    first, last = int(found[1]), int(found[2])
    step = 1 if last >= first else -1
    said = line.replace(found[0], "")
    shifted = {"l": 0, "l-1": -1, "l+1": 1}
    return [
        re.sub(r"\[(l(?:[+-]1)?)\]", lambda m, n=n: f"[{n + shifted[m[1]]}]", said)
        for n in range(first, last + step, step)
    ]


@pytest.mark.parametrize(("layers", "odd"), [(5, 0), (7, 4), (9, 5)])
def test_written_out_it_is_the_same_document(layers: int, odd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = sb.derive(sb.parse(network(layers, odd)), checks=False)
    general = lines(document_text(derivation, "md"))
    monkeypatch.setattr("symbackprop.notation.writing.generic._FEWEST", 100)
    plain = lines(document_text(derivation, "md"))
    assert len(general) < len(plain)
    assert any(RANGE.search(line) for line in general)
    out = [each for line in general for each in written_out(line)]
    assert sorted(set(out)) == sorted(set(plain)), set(out) ^ set(plain)


def test_few_layers_stay_as_they_are() -> None:
    assert "dots" not in document_text(sb.derive(sb.parse(network(3)), checks=False), "md")


def test_an_odd_layer_is_never_part_of_a_general_one() -> None:
    text = document_text(sb.derive(sb.parse(network(9, odd=5)), checks=False), "md")
    assert r"a^{[5]} &= \sigma(z^{[5]})" in text
    for first, last in RANGE.findall("\n".join(line for line in lines(text) if r"= \tanh(" in line)):
        assert 5 not in range(min(int(first), int(last)), max(int(first), int(last)) + 1)
