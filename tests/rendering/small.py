"""Small models whose documents have all that larger ones have: samples, a step told together with others, a loop."""

from __future__ import annotations

from functools import cache

import symbackprop as sb

TEXTS = {
    "samples": (
        "size n\ninput x[n]\ntarget y[1]\nsamples m in rows\nparameter W[1,n], b[1]\nz = W x + b\na = sigmoid(z)\n"
        "loss L = half_squared_error(a, y)\ncost J = mean(L)\n"
    ),
    "plain": "size n\ninput x[n]\nparameter W[2,n]\na = tanh(W x)\nloss L = sum(a^2)\n",
    "lookup": (
        "size n, k\ninput u integer\nsamples m in rows\nparameter P[n,k]\nz[j] = P[u,j]\n"
        "loss L = sum(j, sin(z[j]))\ncost J = mean(L)\n"
    ),
    "recurrent": "size T, n\ninput x[T,n]\nparameter lambda\nh = rnn(x, 2)\nloss L = lambda sum(h^2)\n",
}


@cache
def derived(name: str) -> sb.Derivation:
    """The derivation of one of them, unchecked."""
    return sb.derive(sb.parse(TEXTS[name]), checks=False)


@cache
def written(name: str, format: str, dialect: str | None = None) -> str:
    """Its document with the code beside the steps."""
    return str(sb.render(derived(name), format=format, code=True, dialect=dialect))
