"""The standalone source file: a module that imports NumPy alone, with one function `loss_and_gradients`."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from symbackprop.compiling.sources.fragments import WIDTH, folded, sequence
from symbackprop.compiling.sources.listing import Listing
from symbackprop.compiling.sources.sizes import Requirement, SizePlan
from symbackprop.compiling.sources.statements import Block

ENTRY = "loss_and_gradients"


def checked(name, value, shape, kind=float):
    """`value` as an array; ValueError unless it has this shape, a name standing for any size."""
    array = np.asarray(value, dtype=kind)
    pairs = zip(shape, array.shape, strict=False)
    if array.ndim != len(shape) or any(n != found for n, found in pairs if not isinstance(n, str)):
        expected = str(shape).replace("'", "")
        raise ValueError(f"{name} has the shape {array.shape}, expected {expected}")
    return array


def indexing(name, array, size):
    """ValueError unless every entry is an index of an axis of this size."""
    if array.size and (array.min() < 0 or array.max() >= size):
        raise ValueError(f"{name} has entries that are no index of {size} entries")


HELPERS = (checked, indexing)


@dataclass(frozen=True, slots=True)
class FileParts:
    """What the file is made of: identifiers throughout, but for the names in `shapes` and in `gradients`."""

    title: str
    arguments: Mapping[str, str]  # by name
    shapes: Mapping[str, str]  # of arguments, as text
    roles: Mapping[str, str]
    below: Mapping[str, tuple[str, ...]]  # for integer data, the sizes that it indexes
    plan: SizePlan
    sizes: tuple[str, ...]  # that are arguments
    blocks: tuple[Block, ...]
    listing: Listing
    loss: str
    gradients: Mapping[str, str]  # variable to source
    functions: list[str] = field(default_factory=list)


def source_file(parts: FileParts) -> str:
    """The text of the module."""
    used = [checked, *([indexing] if parts.below else [])]
    helpers = [inspect.getsource(function).rstrip() for function in used]
    head = [*_module_docstring(parts), "", "import numpy as np"]
    return "\n\n\n".join(["\n".join(head), *helpers, *parts.functions, "\n".join(_function(parts))]) + "\n"


def _module_docstring(parts: FileParts) -> list[str]:
    call = f"{ENTRY}({', '.join([*parts.arguments.values(), *parts.sizes])})"
    title = f'"""Loss and gradients of {_prose(parts.title)}, made by symbackprop; a step of gradient descent:'
    lines = [*_wrapped(title, ""), ""]
    first = next(iter(parts.gradients), None)
    lines += _wrapped(f"    loss, gradients = {call}", "    " * 2)
    if first is not None:
        lines.append(f"    {parts.arguments.get(first, first)} -= learning_rate * gradients[{quoted(first)}]")
    return [*lines, '"""']


def _prose(text: str) -> str:
    """Text that may stand in a docstring."""
    plain = " ".join(text.replace("\\", "/").replace('"', "'").split())
    return "".join(c for c in plain if c.isprintable())


def quoted(text: str) -> str:
    """A string literal in double quotes."""
    inner = repr(text)[1:-1]
    return f'"{inner}"' if '"' not in inner and "\\" not in inner else repr(text)


def _wrapped(text: str, indent: str, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _function(parts: FileParts) -> list[str]:
    arguments = [*parts.arguments.values(), *parts.sizes]
    signature = f"def {ENTRY}({', '.join(arguments)}):"
    lines = [signature]
    if len(signature) > WIDTH:
        lines = [f"def {ENTRY}(", *_wrapped(f"    {', '.join(arguments)},", "    "), "):"]
    lines += [f"    {line}" if line else "" for line in _docstring(parts)]
    lines += _body(parts)
    return lines


def _docstring(parts: FileParts) -> Iterable[str]:
    variables = ", ".join(map(_prose, parts.gradients))
    yield from _wrapped(f'"""The loss {_prose(parts.loss)}, and its derivative by each of {variables}.', "", WIDTH - 4)
    yield ""
    names = [*parts.arguments.values(), *parts.sizes]
    shapes = [*parts.shapes.values(), *("a size" for _ in parts.sizes)]
    wide, wider = (max(map(len, column), default=0) for column in (names, shapes))
    roles = [*(_prose(parts.roles.get(name, "")) for name in parts.arguments), *("" for _ in parts.sizes)]
    for name, shape, role in zip(names, shapes, roles, strict=True):
        yield f"    {name:<{wide}}  {shape:<{wider}}  {role}".rstrip()
    yield ""
    yield "Each derivative stands under the name of its variable and has its shape."
    if any("# step" in line for block in parts.blocks for line in block.lines):
        yield "The steps are those of the derivation."
    yield '"""'


def _body(parts: FileParts) -> Iterable[str]:
    listing = parts.listing
    yield from (f"    {line}" for line in listing.opening)
    for heading, found in (("forward", listing.forward), ("backward", listing.backward)):
        if found:
            yield from ("", f"    # {heading}", *(f"    {line}" for passage in found for line in passage.lines))
    yield from ("", *(f"    {line}" for line in listing.closing))


def opening_lines(plan: SizePlan, arguments: Mapping[str, str], below: Mapping[str, tuple[str, ...]]) -> Iterable[str]:
    """The statements that check the arguments, and read sizes off their shapes."""
    for step in plan.steps:
        if isinstance(step, Requirement):
            name = arguments[step.argument]
            kind = ", int" if step.argument in below else ""
            text = f"{name} = checked({quoted(name)}, {name}, {sequence(list(step.extents))}{kind})"
            yield from folded(text, 4)
        else:
            yield str(step)
    for argument, sizes in below.items():
        name = arguments[argument]
        yield from (f"indexing({quoted(name)}, {name}, {size})" for size in sizes)
