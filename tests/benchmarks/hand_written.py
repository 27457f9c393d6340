"""Training steps written in NumPy by hand, as well as we know how: loss and gradients, beside those that are compiled.

Arrays by the names and in the layouts of the models in docs/examples/networks.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Arrays = dict[str, np.ndarray]


def softmax_loss(logits: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """The sum of the cross-entropies with one-hot targets along the last axis, and its slope by the logits."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    p = np.exp(shifted)
    total = p.sum(axis=-1, keepdims=True)
    p /= total
    return float(-(y * (shifted - np.log(total))).sum()), p - y


def rows(a: np.ndarray) -> np.ndarray:
    return a.reshape(-1, a.shape[-1])


def cnn_digits(x: np.ndarray, y: np.ndarray, w: Arrays) -> tuple[float, Arrays]:
    """im2col and one matrix product; channels last inside."""
    m = len(x)
    windows = sliding_window_view(np.pad(x[:, 0], ((0, 0), (1, 1), (1, 1))), (3, 3), axis=(1, 2))
    columns = windows.reshape(m * 64, 9)
    z = columns @ w["a.W"].reshape(16, 9).T + w["a.b"]
    a = np.maximum(z, 0.0).reshape(m, 4, 2, 4, 2, 16).transpose(0, 1, 3, 2, 4, 5).reshape(m, 4, 4, 4, 16)
    best = a.argmax(axis=3)[:, :, :, None]
    s = np.take_along_axis(a, best, axis=3)[:, :, :, 0].transpose(0, 3, 1, 2).reshape(m, 256)
    loss, dz = softmax_loss(s @ w["p.W"].T + w["p.b"], y)
    dz /= m
    ds = (dz @ w["p.W"]).reshape(m, 16, 4, 4).transpose(0, 2, 3, 1)
    da = np.zeros((m, 4, 4, 4, 16))
    np.put_along_axis(da, best, ds[:, :, :, None], axis=3)
    dc = da.reshape(m, 4, 4, 2, 2, 16).transpose(0, 1, 3, 2, 4, 5).reshape(m * 64, 16) * (z > 0)
    gradients = {
        "p.W": dz.T @ s,
        "p.b": dz.sum(axis=0),
        "a.W": (dc.T @ columns).reshape(16, 1, 3, 3),
        "a.b": dc.sum(axis=0),
    }
    return loss / m, gradients


def char_lstm(tok: np.ndarray, y: np.ndarray, w: Arrays) -> tuple[float, Arrays]:
    """The four gates side by side, time first; the weights' gradients as one product over all steps."""
    m, steps = tok.shape
    h = w["s.b_i"].shape[0]
    wx = np.concatenate([w[f"s.W_{g}"] for g in "ifog"]).T
    wh = np.concatenate([w[f"s.U_{g}"] for g in "ifog"])
    bias = np.concatenate([w[f"s.b_{g}"] for g in "ifog"])
    e = w["e.M"][tok.T]
    gates = (rows(e) @ wx + bias).reshape(steps, m, 4 * h)
    hidden, cell = np.zeros((steps + 1, m, h)), np.zeros((steps + 1, m, h))
    squashed = np.empty((steps, m, h))
    recurrent = np.ascontiguousarray(wh.T)
    for t in range(steps):
        z = gates[t]
        z += hidden[t] @ recurrent
        z[:, : 3 * h] = 1 / (1 + np.exp(-z[:, : 3 * h]))
        z[:, 3 * h :] = np.tanh(z[:, 3 * h :])
        cell[t + 1] = z[:, h : 2 * h] * cell[t] + z[:, :h] * z[:, 3 * h :]
        squashed[t] = np.tanh(cell[t + 1])
        hidden[t + 1] = z[:, 2 * h : 3 * h] * squashed[t]
    logits = rows(hidden[1:]) @ w["o.W"].T + w["o.b"]
    loss, do = softmax_loss(logits, rows(y.transpose(1, 0, 2)))
    do /= steps * m
    dh = (do @ w["o.W"]).reshape(steps, m, h)
    dz = np.empty((steps, m, 4 * h))
    carried, dc = np.zeros((m, h)), np.zeros((m, h))
    i, f, o, g = (gates[:, :, k * h : (k + 1) * h] for k in range(4))
    for t in reversed(range(steps)):
        step = dh[t] + carried
        dc = dc + step * o[t] * (1 - squashed[t] ** 2)
        dz[t, :, :h] = dc * g[t] * i[t] * (1 - i[t])
        dz[t, :, h : 2 * h] = dc * cell[t] * f[t] * (1 - f[t])
        dz[t, :, 2 * h : 3 * h] = step * squashed[t] * o[t] * (1 - o[t])
        dz[t, :, 3 * h :] = dc * i[t] * (1 - g[t] ** 2)
        dc = dc * f[t]
        carried = dz[t] @ wh
    flat = rows(dz)
    dwx, dwh, dbias = flat.T @ rows(e), flat.T @ rows(hidden[:-1]), flat.sum(axis=0)
    table = np.zeros_like(w["e.M"])
    np.add.at(table, tok.T.ravel(), flat @ wx.T)
    gradients = {"e.M": table, "o.W": do.T @ rows(hidden[1:]), "o.b": do.sum(axis=0)}
    for k, gate in enumerate("ifog"):
        part = slice(k * h, (k + 1) * h)
        gradients |= {f"s.W_{gate}": dwx[part], f"s.U_{gate}": dwh[part], f"s.b_{gate}": dbias[part]}
    return loss / (steps * m), gradients


def normalised(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of mean 0 and variance 1, and by what they were multiplied."""
    centred = x - x.mean(axis=-1, keepdims=True)
    scale = 1 / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return centred * scale, scale


def before_norm(dx: np.ndarray, x: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The slope by what was normalised, from that by the outcome x."""
    return scale * (dx - dx.mean(axis=-1, keepdims=True) - x * (dx * x).mean(axis=-1, keepdims=True))


def transformer_copy(tok: np.ndarray, y: np.ndarray, w: Arrays) -> tuple[float, Arrays]:
    """One block of two causal heads, its norms before attention and feed-forward; batched matrix products."""
    m, steps = tok.shape
    width, inner = w["h.W_q"].shape[1:]
    q0 = w["e.M"][tok] + w["q.p"]
    xa, ra = normalised(q0)
    na = (xa * w["h.gamma_a"] + w["h.beta_a"])[:, None]
    q, k, v = na @ w["h.W_q"], na @ w["h.W_k"], na @ w["h.W_v"]
    scores = q @ k.swapaxes(2, 3) / np.sqrt(inner)
    scores[:, :, np.triu(np.ones((steps, steps), bool), 1)] = -np.inf
    p = np.exp(scores - scores.max(axis=3, keepdims=True))
    p /= p.sum(axis=3, keepdims=True)
    joined = (p @ v).transpose(0, 2, 1, 3).reshape(m * steps, 2 * inner)
    wo = w["h.W_o"].reshape(2 * inner, width)
    r = rows(q0) + joined @ wo
    xf, rf = normalised(r)
    nf = xf * w["h.gamma_f"] + w["h.beta_f"]
    z = nf @ w["h.W_1"] + w["h.b_1"]
    f = np.maximum(z, 0.0)
    h = f @ w["h.W_2"] + w["h.b_2"] + r
    loss, do = softmax_loss(h @ w["o.W"].T + w["o.b"], rows(y))
    do /= m
    dh = do @ w["o.W"]
    dz = (dh @ w["h.W_2"].T) * (z > 0)
    dnf = dz @ w["h.W_1"].T
    dr = dh + before_norm(dnf * w["h.gamma_f"], xf, rf)
    da = (dr @ wo.T).reshape(m, steps, 2, inner).transpose(0, 2, 1, 3)
    dp = da @ v.swapaxes(2, 3)
    ds = p * (dp - (dp * p).sum(axis=3, keepdims=True)) / np.sqrt(inner)
    slopes = {"q": ds @ k, "k": ds.swapaxes(2, 3) @ q, "v": p.swapaxes(2, 3) @ da}
    dna, flat = np.zeros((m * steps, width)), rows(na[:, 0])
    gradients: Arrays = {}
    for name, slope in slopes.items():
        for head in range(2):
            dna += rows(slope[:, head]) @ w[f"h.W_{name}"][head].T
        gradients[f"h.W_{name}"] = np.stack([flat.T @ rows(slope[:, head]) for head in range(2)])
    dq0 = dr + before_norm(dna * w["h.gamma_a"], rows(xa), ra.reshape(-1, 1))
    table = np.zeros_like(w["e.M"])
    np.add.at(table, tok.ravel(), dq0)
    gradients |= {
        "e.M": table,
        "q.p": dq0.reshape(m, steps, width).sum(axis=0),
        "h.gamma_a": (dna * rows(xa)).sum(axis=0),
        "h.beta_a": dna.sum(axis=0),
        "h.W_o": (joined.T @ dr).reshape(2, inner, width),
        "h.gamma_f": (dnf * xf).sum(axis=0),
        "h.beta_f": dnf.sum(axis=0),
        "h.W_1": nf.T @ dz,
        "h.b_1": dz.sum(axis=0),
        "h.W_2": f.T @ dh,
        "h.b_2": dh.sum(axis=0),
        "o.W": do.T @ h,
        "o.b": do.sum(axis=0),
    }
    return loss / m, gradients


def conv1d_groups(x: np.ndarray, y: np.ndarray, w: Arrays) -> tuple[float, Arrays]:
    """A matrix product for each of the two groups, over all places of all samples."""
    m, channels, length = x.shape
    columns = sliding_window_view(x.reshape(m, 2, channels // 2, length), 3, axis=3)  # m, 2, C, N - 2, 3
    columns = columns.transpose(1, 0, 3, 2, 4).reshape(2, m * (length - 2), -1)
    z = (columns @ w["a.W"].reshape(2, 2, -1).swapaxes(1, 2)).reshape(2, m, length - 2, 2)
    a = np.tanh(z + w["a.b"].reshape(2, 1, 1, 2))
    g = a.mean(axis=2).transpose(1, 0, 2).reshape(m, 4)
    o = g @ w["o.W"].T + w["o.b"]
    do = 2 * (o - y) / m
    dg = (do @ w["o.W"]).reshape(m, 2, 1, 2).transpose(1, 0, 2, 3) / (length - 2)
    dz = (dg * (1 - a**2)).reshape(2, -1, 2)
    gradients = {
        "a.W": (dz.swapaxes(1, 2) @ columns).reshape(w["a.W"].shape),
        "a.b": dz.sum(axis=1).reshape(4),
        "o.W": do.T @ g,
        "o.b": do.sum(axis=0),
    }
    return float(((o - y) ** 2).sum() / m), gradients


def conv1d_depthwise(x: np.ndarray, y: np.ndarray, w: Arrays) -> tuple[float, Arrays]:
    """Products entry by entry, one for each place of the window; then one matrix product over the channels."""
    m, channels, length = x.shape
    out = length - 2
    kernel = w["d.W"].reshape(channels, 3)
    d = w["d.b"][:, None] + sum(x[:, :, u : u + out] * kernel[:, u, None] for u in range(3))
    a = np.tanh(w["V"] @ d + w["b"][:, None])
    g = a.mean(axis=2)
    o = g @ w["o.W"].T + w["o.b"]
    do = 2 * (o - y) / m
    dz = (do @ w["o.W"])[:, :, None] * (1 - a**2) / out
    dd = w["V"].T @ dz
    gradients = {
        "V": np.tensordot(dz, d, axes=((0, 2), (0, 2))),
        "b": dz.sum(axis=(0, 2)),
        "d.W": np.stack([(dd * x[:, :, u : u + out]).sum(axis=(0, 2)) for u in range(3)], -1).reshape(w["d.W"].shape),
        "d.b": dd.sum(axis=(0, 2)),
        "o.W": do.T @ g,
        "o.b": do.sum(axis=0),
    }
    return float(((o - y) ** 2).sum() / m), gradients
