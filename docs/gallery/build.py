"""Every document of the gallery as a page, as PDF and as Markdown: `python docs/gallery/build.py [FOLDER] [NAME]`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import symbackprop as sb

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
FORMATS = ("html", "pdf", "md")


@dataclass(frozen=True, slots=True)
class Entry:
    """One document: its name, its title, its model, and whether it has small numbers that a seed gives."""

    name: str
    title: str
    model: Path
    numbers: bool = False


ENTRIES = (
    Entry("two_layers_any_function", "Two layers with any function", EXAMPLES / "000_two_layer_generic.model"),
    Entry("two_layers_squares", "Two layers and a squared error", EXAMPLES / "000_two_layer_sigmoid.model", True),
    Entry("line", "A line through points", EXAMPLES / "001_line.model", True),
    Entry("linear_chain", "A linear network of three layers", EXAMPLES / "001_linear_1_1_2_1.model", True),
    Entry("two_layers", "Backpropagation through two layers", EXAMPLES / "002_two_layer_sigmoid.model", True),
    Entry("softmax_classifier", "A softmax classifier", EXAMPLES / "softmax_classifier.model"),
    Entry("layer_norm", "Layer normalisation", EXAMPLES / "networks" / "layer_norm.model"),
    Entry("attention", "Attention", EXAMPLES / "networks" / "attention.model"),
    Entry("convolution", "A convolution over two axes", EXAMPLES / "networks" / "conv2d.model"),
    Entry("lstm", "Long short-term memory", EXAMPLES / "networks" / "lstm.model"),
    Entry("transformer_block", "A transformer block", EXAMPLES / "networks" / "transformer_block.model"),
    Entry("ten_layers", "Ten layers", HERE / "ten_layers.model"),
    Entry("attention_pooling", "Attention pooling", HERE / "attention_pooling.model"),
)


def build(entry: Entry, folder: Path) -> None:
    """The documents of one entry; nothing of it is left out, and a step that is not proved stops the build."""
    derivation = sb.derive(sb.load(entry.model))
    assert set(derivation.checks()) <= {"proved", "definition"}, derivation.checks()
    evaluation = sb.evaluate(derivation, seed=0) if entry.numbers else None
    for format in FORMATS:
        sb.render(derivation, folder / f"{entry.name}.{format}", title=entry.title, evaluation=evaluation)


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]) if arguments else HERE.parents[1] / "build" / "gallery"
    wanted = arguments[1:]
    for entry in ENTRIES:
        if not wanted or entry.name in wanted:
            build(entry, folder)
            print(f"{entry.name}: {', '.join(FORMATS)} in {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
