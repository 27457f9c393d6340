r"""Losses and slopes far out, to thousands of digits: every formula written out naively in mpmath.

At z = 10⁴ a sigmoid differs from 1 in its 4343rd digit; with 4,800 digits nothing needs a stable form. The slope is a
complex step, \(\operatorname{Im} f(z + ih)/h\).
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath
from mpmath import mp, mpc, mpf


def digits(z: float, steepness: int = 1) -> int:
    """Enough for every digit that counts at this logit: those of exp(-steepness |z|), and some."""
    return int(0.4343 * steepness * abs(z)) + 500


LOGITS = (-1e4, -700.0, -40.0, 0.0, 40.0, 700.0, 1e4)

Number = mpf | mpc
Curve = Callable[[Number], Number]


def _tanh(z: Number) -> Number:
    e = mp.exp(2 * z)
    return (e - 1) / (e + 1)


def _gelu_tanh(z: Number) -> Number:
    return z / 2 * (1 + _tanh(mp.sqrt(2 / mp.pi) * (z + mpf("0.044715") * z**3)))


def _erf(z: Number) -> Number:
    """erf(a + ib) for tiny b; far out it is 1 but for less than any digit here."""
    real = mp.re(z)
    value = mp.sign(real) if abs(real) > 160 else mp.erf(real)
    return value + 1j * mp.im(z) * 2 / mp.sqrt(mp.pi) * mp.exp(-(real**2))


def _when(z: Number, above: Callable[[], Number], below: Callable[[], Number]) -> Number:
    return above() if mp.re(z) > mpf(10) ** -300 else below()


_ALPHA, _SCALE = mpf("1.6732632423543772848170429916717"), mpf("1.0507009873554804934193349852946")

CURVES: dict[str, Curve] = {
    "identity": lambda z: z,
    "exp": mp.exp,
    "square": lambda z: z * z,
    "sin": mp.sin,
    "cos": mp.cos,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": _tanh,
    "relu": lambda z: _when(z, lambda: z, lambda: 0 * mp.re(z)),
    "leaky_relu": lambda z: _when(z, lambda: z, lambda: z / 100),
    "elu": lambda z: _when(z, lambda: z, lambda: mp.exp(z) - 1),
    "selu": lambda z: _when(z, lambda: _SCALE * z, lambda: _SCALE * _ALPHA * (mp.exp(z) - 1)),
    "softplus": lambda z: mp.log(1 + mp.exp(z)),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "gelu": lambda z: z * (1 + _erf(z / mp.sqrt(2))) / 2,
    "gelu_tanh": _gelu_tanh,
    "abs": lambda z: _when(z, lambda: z, lambda: -z if mp.re(z) else 0 * mp.re(z)),
}


def _log(x: Number) -> Number:
    if mp.re(x) <= 0:
        raise ValueError("the logarithm of a number that is not above 0")
    return mp.log(x)


def _huber(a: Number, y: Number) -> Number:
    r = a - y
    return r * r / 2 if abs(mp.re(r)) <= 1 else mp.sign(mp.re(r)) * r - mpf(1) / 2


LOSSES: dict[str, Callable[[Number, Number], Number]] = {
    "squared_error": lambda a, y: (a - y) ** 2,
    "half_squared_error": lambda a, y: (a - y) ** 2 / 2,
    "mean_squared_error": lambda a, y: (a - y) ** 2,
    "half_mean_squared_error": lambda a, y: (a - y) ** 2 / 2,
    "binary_cross_entropy": lambda a, y: -(y * _log(a) + (1 - y) * _log(1 - a)),
    "binary_cross_entropy_with_logits": lambda a, y: _log(1 + mp.exp(a)) - y * a,
    "cross_entropy": lambda a, y: -y * _log(a),
    "hinge": lambda a, y: _when(1 - y * a, lambda: 1 - y * a, lambda: 0 * mp.re(a)),
    "huber": _huber,
    "kl_divergence": lambda a, y: y * (_log(y) - _log(a)),
}


def value_and_slope(f: Callable[[Number], Number], z: float, steepness: int = 1) -> tuple[mpf, mpf] | None:
    """f(z) and f'(z); None where f has no real value there."""
    step = mpf(10) ** -200
    with mp.workdps(digits(z, steepness)):
        try:
            if abs(z) < 1:
                f(mpf(z))  # where f is infinite, a step beside it is not
            found = mpmath.mpmathify(f(mpc(z, step)))
        except (ValueError, ZeroDivisionError):
            return None
        return mp.re(found), mp.im(found) / step
