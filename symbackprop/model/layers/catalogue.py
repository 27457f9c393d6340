"""The layers by the names that a model text calls them by, and how each is called.

A call is `name(source, ..., options)`: the options are the fields of the layer's record, in their order or by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from symbackprop.model.layers.attention import Attention, Positions, Transformer
from symbackprop.model.layers.convolution import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d
from symbackprop.model.layers.dense import Bilinear, Dense, Maxout
from symbackprop.model.layers.lookup import Dropout, Embedding
from symbackprop.model.layers.normalising import BatchNorm, FixedBatchNorm, GroupNorm, LayerNorm, RMSNorm
from symbackprop.model.layers.pooling import AvgPool1d, AvgPool2d, GlobalAvgPool, GlobalMaxPool, MaxPool1d, MaxPool2d
from symbackprop.model.layers.recurrent import GRU, LSTM, RNN, Concat, Last, Stack
from symbackprop.model.layers.reshaping import Flatten, Reshape


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a layer: its name, how it is written (see `expansion`), and whether it must be given."""

    name: str
    kind: str
    required: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """How a layer is called: its record, how many tensors it reads (0: two or more), its options, an example."""

    layer: type[Any]
    sources: int
    options: tuple[Option, ...]
    example: str


def _signature(layer: type[Any], example: str) -> Signature:
    hints = get_type_hints(layer, include_extras=True)
    options = tuple(Option(f.name, _kind(hints[f.name]), f.default is MISSING) for f in fields(layer))
    return Signature(layer, layer.sources, options, example)


def _kind(hint: Any) -> str:
    """The kind in an annotation, `Extent | None` having that of `Extent`; empty where there is none."""
    if get_origin(hint) is Annotated:
        return hint.__metadata__[0]
    return next((found for part in get_args(hint) if (found := _kind(part))), "")


LAYERS: Mapping[str, Signature] = MappingProxyType(
    {
        name: _signature(layer, example)
        for name, layer, example in (
            ("dense", Dense, "a = dense(x, h, sigmoid, bias=no)"),
            ("maxout", Maxout, "a = maxout(x, h, pieces=3)"),
            ("bilinear", Bilinear, "a = bilinear(x, y, h, tanh)"),
            ("conv1d", Conv1d, "a = conv1d(x, 8, 3, relu, stride=2, padding=1)"),
            ("conv2d", Conv2d, "a = conv2d(x, 8, 3, relu, stride=2, padding=1)"),
            ("conv_transpose1d", ConvTranspose1d, "a = conv_transpose1d(x, 8, 3, relu, stride=2)"),
            ("conv_transpose2d", ConvTranspose2d, "a = conv_transpose2d(x, 8, 3, relu, stride=2)"),
            ("avg_pool1d", AvgPool1d, "a = avg_pool1d(x, 2)"),
            ("avg_pool2d", AvgPool2d, "a = avg_pool2d(x, 2)"),
            ("max_pool1d", MaxPool1d, "a = max_pool1d(x, 3, stride=2)"),
            ("max_pool2d", MaxPool2d, "a = max_pool2d(x, 3, stride=2)"),
            ("global_avg_pool", GlobalAvgPool, "a = global_avg_pool(x)"),
            ("global_max_pool", GlobalMaxPool, "a = global_max_pool(x)"),
            ("flatten", Flatten, "a = flatten(x)"),
            ("reshape", Reshape, "a = reshape(x, [C, N])"),
            ("rnn", RNN, "h = rnn(x, 8, tanh, initial=h0)"),
            ("lstm", LSTM, "h = lstm(x, 8, peepholes=yes)"),
            ("gru", GRU, "h = gru(x, 8, reverse=yes)"),
            ("last", Last, "a = last(h)"),
            ("concat", Concat, "a = concat(f, g)"),
            ("stack", Stack, "a = stack(x, D, sigmoid)"),
            ("embedding", Embedding, "e = embedding(tok, V, D)"),
            ("positions", Positions, "a = positions(e)"),
            ("attention", Attention, "a = attention(x, heads=4, causal=yes)"),
            ("transformer", Transformer, "a = transformer(x, 4, 64, relu, causal=yes)"),
            ("layer_norm", LayerNorm, "a = layer_norm(x)"),
            ("rms_norm", RMSNorm, "a = rms_norm(x)"),
            ("batch_norm", BatchNorm, "a = batch_norm(x)"),
            ("fixed_batch_norm", FixedBatchNorm, "a = fixed_batch_norm(x)"),
            ("group_norm", GroupNorm, "a = group_norm(x, groups=2)"),
            ("dropout", Dropout, "a = dropout(x, keep=0.8)"),
        )
    }
)
"""The layer calls of a model text."""
