"""The body of the compiled function cut up by the steps of the derivation, for documents that show code beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from symbackprop.compiling.sources.fragments import WIDTH
from symbackprop.compiling.sources.statements import Block


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines that begin with an assignment to `name`, and the steps of the derivation that they compute."""

    name: str
    lines: tuple[str, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The body of the function, without its indentation: all lines together, in this order, are its statements.

    `opening` checks the arguments and reads off sizes. `results` are the variables with the gradients, by name, which
    `closing` returns; `arguments` and `sizes` are the identifiers of what the function takes, by name.
    """

    opening: tuple[str, ...]
    forward: tuple[Passage, ...]
    backward: tuple[Passage, ...]
    closing: tuple[str, ...]
    loss: str
    results: Mapping[str, str]
    arguments: Mapping[str, str]
    sizes: Mapping[str, str]


def passages(blocks: Sequence[Block], numbers: Mapping[str, str]) -> Iterator[Passage]:
    """Each block with its steps; one that has none by itself belongs to the step of what follows."""
    following: tuple[str, ...] = ()
    found: list[Passage] = []
    for block in reversed(blocks):
        own = tuple(dict.fromkeys(numbers[tensor] for tensor in block.tensors if tensor in numbers))
        following = own or following
        found.append(Passage(block.name, block.lines, following))
    yield from reversed(found)


def return_lines(loss: str, gradients: Mapping[str, str]) -> list[str]:
    """The last statement: the loss, and a dictionary of the gradients; `gradients` has their source by quoted name."""
    items = [f"{name}: {code}" for name, code in gradients.items()]
    line = f"return {loss}, {{{', '.join(items)}}}"
    if len(line) + 4 <= WIDTH:
        return [line]
    return [f"return {loss}, {{", *(f"    {item}," for item in items), "}"]
