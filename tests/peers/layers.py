"""Layers of PyTorch by their own modules: the summed cubes of their output, and its gradients.

A script of its own, as `autograd.py` is:

    python tests/peers/layers.py CASE DATA.npz GRADIENTS.npz

It imports nothing of symbackprop. Arrays come by the names of a model, `x` and `h.W`, and each case lays them out as
PyTorch wants them, so gradients flow back to the arrays as they came.
"""

from __future__ import annotations

import importlib
import sys

import numpy as np


def recurrence(torch, kind, gates):
    """torch.nn.RNN, LSTM or GRU, its gates stacked in PyTorch's order."""

    def run(p):
        units = p[f"h.{gates[0][1]}"].shape[0]
        module = getattr(torch.nn, kind)(p["x"].shape[1], units, dtype=torch.float64)
        stacked = {
            "weight_ih_l0": torch.cat([p[f"h.{W}"] for W, _, _, _ in gates]),
            "weight_hh_l0": torch.cat([p[f"h.{U}"] for _, U, _, _ in gates]),
            "bias_ih_l0": torch.cat([p[f"h.{b}"] for _, _, b, _ in gates]),
            "bias_hh_l0": torch.cat([p[f"h.{d}"] if d else torch.zeros_like(p[f"h.{b}"]) for _, _, b, d in gates]),
        }
        return torch.func.functional_call(module, stacked, (p["x"][:, None, :],))[0][:, 0, :]

    return run


def attention(torch, heads, causal):
    """torch.nn.MultiheadAttention, whose projections are those of all heads side by side."""

    def run(p):
        x = p["x"]
        width = x.shape[1]
        module = torch.nn.MultiheadAttention(width, heads, bias=False, dtype=torch.float64)

        def side_by_side(name):
            return p[name].permute(0, 2, 1).reshape(width, width)

        weights = {
            "in_proj_weight": torch.cat([side_by_side(f"h.W_{part}") for part in "qkv"]),
            "out_proj.weight": p["h.W_o"].reshape(width, width).T,
        }
        mask = torch.triu(torch.ones(len(x), len(x), dtype=torch.bool), 1) if causal else None
        given = (x[:, None], x[:, None], x[:, None])
        options = {"need_weights": False, "attn_mask": mask}
        return torch.func.functional_call(module, weights, given, options)[0][:, 0]

    return run


def cases(torch):
    f = torch.nn.functional
    gates = {
        "RNN": [("W_x", "W_h", "b", "")],
        "LSTM": [(f"W_{k}", f"U_{k}", f"b_{k}", "") for k in "ifgo"],
        "GRU": [("W_r", "U_r", "b_r", ""), ("W_u", "U_u", "b_u", ""), ("W_n", "U_n", "b_n", "d")],
    }

    def convolved(function, **options):
        return lambda p: function(p["x"][None], p["h.W"], p["h.b"], **options)[0]

    def grouped(function, **options):
        return lambda p: function(p["x"][None], p["h.W"].flatten(0, 1), p["h.b"], **options)[0]

    return {
        "dense": lambda p: f.linear(p["x"], p["h.W"], p["h.b"]),
        "bilinear": lambda p: f.bilinear(p["x"], p["u"], p["h.W"], p["h.b"]),
        "rnn": recurrence(torch, "RNN", gates["RNN"]),
        "lstm": recurrence(torch, "LSTM", gates["LSTM"]),
        "gru": recurrence(torch, "GRU", gates["GRU"]),
        "conv1d": convolved(f.conv1d, stride=2, padding=2, dilation=2),
        "conv1d by channel": grouped(f.conv1d, groups=3, padding=1),
        "conv1d in groups": grouped(f.conv1d, groups=2),
        "conv2d": convolved(f.conv2d, stride=(2, 1), padding=(1, 0)),
        "conv_transpose1d": convolved(f.conv_transpose1d, stride=2, padding=1),
        "conv_transpose2d": convolved(f.conv_transpose2d, stride=2),
        "max_pool1d": lambda p: f.max_pool1d(p["x"], 3, 2),
        "max_pool2d": lambda p: f.max_pool2d(p["x"], 2),
        "avg_pool2d": lambda p: f.avg_pool2d(p["x"], (2, 3), stride=(1, 2)),
        "layer_norm": lambda p: f.layer_norm(p["x"], p["x"].shape[1:], p["h.gamma"], p["h.beta"]),
        "rms_norm": lambda p: f.rms_norm(p["x"], p["x"].shape[1:], p["h.gamma"], 1e-5),
        "batch_norm": lambda p: f.batch_norm(p["x"], None, None, p["h.gamma"], p["h.beta"], training=True),
        "group_norm": lambda p: f.group_norm(p["x"][None], 2, p["h.gamma"], p["h.beta"])[0],
        "embedding": lambda p: f.embedding(p["x"].long(), p["h.M"]),
        "attention": attention(torch, 2, causal=False),
        "causal attention": attention(torch, 2, causal=True),
    }


def main(case: str, source: str, target: str) -> None:
    torch = importlib.import_module("torch")
    with np.load(source) as file:
        arrays = {name: torch.tensor(a, dtype=torch.float64, requires_grad=True) for name, a in file.items()}
    value = (cases(torch)[case](arrays) ** 3).sum()
    value.backward()
    grads = {f"grad_{name}": a.grad.numpy() for name, a in arrays.items() if a.grad is not None}
    np.savez(target, **grads, value=np.asarray(value.item()))


if __name__ == "__main__":
    main(*sys.argv[1:])
