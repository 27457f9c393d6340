"""What deriving and compiling recurrent and attentive networks costs, with symbolic sizes and with literal ones.

    python -m tests.benchmarks.network_cost

prints the table. Times are processor time, from empty caches.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from symbackprop.compiling.compiled import compile as compile_gradients
from symbackprop.model.layers.attention import Transformer
from symbackprop.model.layers.dense import Dense
from symbackprop.model.layers.recurrent import LSTM, RNN
from symbackprop.model.model import Model
from symbackprop.model.network import Network
from tests.benchmarks.derive_cost import cold, seconds

Size = int | str
SIZES: dict[str, tuple[Size, Size, Size]] = {
    "symbolic T, width and batch": ("T", "h", "m"),
    "T = 5, width 8, batch 2": (5, 8, 2),
    "T = 1000, width 8, batch 2": (1000, 8, 2),
    "T = 5, width 512, batch 2": (5, 512, 2),
    "T = 5, width 8, batch 4096": (5, 8, 4096),
}


def lstm(steps: Size, width: Size, batch: Size) -> Model:
    """An LSTM with a softmax at every step."""
    layers = LSTM(width), Dense(10, "softmax")
    return Network((steps, 12), *layers, loss="cross_entropy", samples=batch, side="rows")


def rnn(steps: Size, width: Size, batch: Size) -> Model:
    """A plain recurrence with a softmax at every step."""
    layers = RNN(width), Dense(10, "softmax")
    return Network((steps, 12), *layers, loss="cross_entropy", samples=batch, side="rows")


def transformer(steps: Size, width: Size, batch: Size) -> Model:
    """A pre-norm block of four causal heads, with a softmax at every position."""
    layers = Transformer(4, width, "gelu", causal=True), Dense(10, "softmax")
    return Network((steps, 16), *layers, loss="cross_entropy", samples=batch, side="rows")


TARGETS: dict[str, tuple[Callable[[Size, Size, Size], Model], float]] = {
    "rnn": (rnn, 1.0),
    "lstm": (lstm, 1.0),
    "transformer": (transformer, 3.0),
}
"""The network, and how many seconds its derivation may take with checks deferred."""


def compiling(model: Model) -> float:
    """Processor time of one compilation."""
    cold()
    start = time.process_time()
    compile_gradients(model)
    return time.process_time() - start


def main() -> None:
    seconds(rnn("T", "h", "m"), True)  # imports and first-use costs
    for name, (make, target) in TARGETS.items():
        print(f"\n{name}{'':24s}  deferred   checked  compiled   (target {target} s, deferred)")
        for words, sizes in SIZES.items():
            model = make(*sizes)
            figures = seconds(model, False), seconds(model, True), compiling(model)
            print(f"  {words:28s}" + "".join(f"{spent:8.3f} s" for spent in figures))


if __name__ == "__main__":
    main()
