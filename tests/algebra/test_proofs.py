"""The textbook's identities, proved with symbolic sizes, each beside near misses that must not be proved."""

from __future__ import annotations

import pytest
from sympy import Abs, Expr, KroneckerDelta, Piecewise, Rational, cos, exp, log, sin, sqrt, tanh

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.binding import substitute
from symbackprop.algebra.derivative import derivative
from symbackprop.algebra.proving.equality import compare
from symbackprop.algebra.proving.zero import is_zero
from symbackprop.algebra.space import Fact, FactKind, ScalarFunction, Space
from symbackprop.algebra.symbols import Apply, Guard, Maximum, entry, index, size, total

n, m, d, N, K = map(size, ("n", "m", "d", "N", "K"))
i, j, k, l, p, s, t, u, v = map(index, "ijklpstuv")  # noqa: E741 (l is the usual fourth index)
EPS = Rational(1, 100000)
SQUARE = ScalarFunction("square", entry("x"), entry("x") ** 2)
VECTORS = Space(
    shapes={**dict.fromkeys(("x", "y", "z", "g", "p", "a", "c"), (n,)), "W": (n, n)}, functions={"square": SQUARE}
)


def tensor(name: str):
    return lambda *indices: entry(name, *indices)


x, y, z, g, a, c = map(tensor, "xyzgac")
W, X, G, Y, Z, Q, Kt, V = map(tensor, ("W", "X", "G", "Y", "Z", "Q", "K", "V"))


def sigmoid(value: Expr) -> Expr:
    return 1 / (1 + exp(-value))


def softmax(at: Expr) -> Expr:
    return exp(z(at)) / total(exp(z(k)), (k, n))


def proved(difference: Expr, ranges: dict, space: Space = VECTORS, using: tuple[str, ...] = ()) -> bool:
    return is_zero(difference, ranges, space, using) is not None


# softmax and cross-entropy


def test_softmax_jacobian() -> None:
    """∂p[i]/∂z[j] = p[i] (δ(i,j) - p[j]), and not with a plus."""
    raw = derivative(softmax(i), "z", (j,))
    delta = KroneckerDelta(i, j)
    assert proved(raw - softmax(i) * (delta - softmax(j)), {i: n, j: n})
    assert not proved(raw - softmax(i) * (delta + softmax(j)), {i: n, j: n})
    assert not proved(raw - softmax(i) * (1 - softmax(j)), {i: n, j: n})


@pytest.mark.parametrize("kind", ["one_hot", "distribution"])
def test_cross_entropy_needs_its_fact(kind: FactKind) -> None:
    """dz = p - y with Σ y = 1, which the proof cites; without the fact dz = p Σy - y alone."""
    raw = derivative(-total(y(i) * log(softmax(i)), (i, n)), "z", (j,))
    with_fact = Space(shapes=VECTORS.shapes, facts=(Fact("y", kind, 0),))
    proof = is_zero(raw - (softmax(j) - y(j)), {j: n}, with_fact)
    assert proof is not None
    assert tuple(map(str, proof.premises)) == ("Σ y = 1",)
    assert not proved(raw - (softmax(j) - y(j)), {j: n})
    summed = is_zero(raw - (softmax(j) * total(y(k), (k, n)) - y(j)), {j: n}, with_fact)
    assert summed is not None
    assert summed.premises == ()


def test_cross_entropy_of_a_batch() -> None:
    """dZ[s,i] = (P - Y)/m under the mean over samples; the factor 1/m is not optional."""
    shapes = {"Z": (m, n), "Y": (m, n)}
    space = Space(shapes=shapes, facts=(Fact("Y", "one_hot", 1),))
    probability = exp(Z(s, i)) / total(exp(Z(s, k)), (k, n))
    raw = derivative(-total(Y(s, i) * log(probability), (s, m), (i, n)) / m, "Z", (s, i))
    assert proved(raw - (probability - Y(s, i)) / m, {s: m, i: n}, space)
    assert not proved(raw - (probability - Y(s, i)), {s: m, i: n}, space)
    assert not proved(raw - (probability - Y(s, i)) / m, {s: m, i: n}, Space(shapes=shapes))
    wrong_axis = Space(shapes=shapes, facts=(Fact("Y", "one_hot", 0),))
    assert not proved(raw - (probability - Y(s, i)) / m, {s: m, i: n}, wrong_axis)


def test_a_distribution_out_of_range_sums_to_nothing() -> None:
    """Σ_k Y[s+1,k] is 1 for all samples but the last: the fact must not serve there."""
    space = Space(shapes={"Y": (m, n)}, facts=(Fact("Y", "distribution", 1),))
    assert proved(total(Y(s, k), (k, n)) - 1, {s: m}, space)
    assert not proved(total(Y(s + 1, k), (k, n)) - 1, {s: m}, space)
    assert proved(total(Y(s + 1, k), (k, n)) - 1, {s: m - 1}, space)


# norms and attention


def normalised(value, at: Expr, extent: Expr):
    """The centred value over its deviation, and 1/deviation."""
    mean = total(value(k), (k, extent)) / extent
    variance = total((value(k) - total(value(l), (l, extent)) / extent) ** 2, (k, extent)) / extent
    scale = (variance + EPS) ** Rational(-1, 2)
    return (value(at) - mean) * scale, scale


def test_layer_norm() -> None:
    """The compact adjoint of layer norm at symbolic width; with n - 1 for n, or a sign turned, it is not proved."""
    hat, scale = normalised(x, i, n)
    raw = total(g(i) * derivative(hat, "x", (j,)), (i, n))
    here = substitute(hat, {i: j})

    def compact(count: Expr, sign: int = -1) -> Expr:
        return scale * (g(j) - total(g(k), (k, n)) / count + sign * here * total(g(i) * hat, (i, n)) / n)

    assert proved(raw - compact(n), {j: n})
    assert not proved(raw - compact(n - 1), {j: n})
    assert not proved(raw - compact(n, 1), {j: n})
    verdict = compare(raw, compact(n - 1), {j: n}, VECTORS)
    assert verdict.status == "refuted"


def test_batch_norm() -> None:
    """The compact adjoint of batch norm, over the samples of each feature."""
    space = Space(shapes={"X": (m, n), "G": (m, n)})

    def parts(sample: Expr, feature: Expr):
        return normalised(lambda at: X(at, feature), sample, m)

    raw = total(G(t, i) * derivative(parts(t, i)[0], "X", (s, j)), (t, m), (i, n))
    hat, scale = parts(s, j)
    shared = total(G(t, j), (t, m)) / m
    turned = hat * total(G(t, j) * parts(t, j)[0], (t, m)) / m
    assert proved(raw - scale * (G(s, j) - shared - turned), {s: m, j: n}, space)
    assert not proved(raw - scale * (G(s, j) - shared + turned), {s: m, j: n}, space)


def test_attention() -> None:
    """dS = P ⊙ (dP - rowsum(P ⊙ dP)) and dQ = dS K/√d, from the forward equations."""
    space = Space(shapes={"Q": (m, d), "K": (n, d), "V": (n, d), "G": (m, d)})

    def weight(row: Expr, column: Expr) -> Expr:
        def score(at: Expr) -> Expr:
            return total(Q(row, k) * Kt(at, k), (k, d)) / sqrt(d)

        return exp(score(column)) / total(exp(score(l)), (l, n))

    raw = total(G(i, u) * derivative(total(weight(i, j) * V(j, u), (j, n)), "Q", (s, t)), (i, m), (u, d))

    def backed(at: Expr) -> Expr:
        return total(G(s, u) * V(at, u), (u, d))

    def slope(at: Expr, sign: int = -1) -> Expr:
        return weight(s, at) * (backed(at) + sign * total(weight(s, v) * backed(v), (v, n)))

    assert proved(raw - total(slope(j) * Kt(j, t), (j, n)) / sqrt(d), {s: m, t: d}, space)
    assert not proved(raw - total(slope(j) * Kt(j, t), (j, n)) / d, {s: m, t: d}, space)
    assert not proved(raw - total(slope(j, 1) * Kt(j, t), (j, n)) / sqrt(d), {s: m, t: d}, space)


# gates and scalar functions


def test_lstm_gates() -> None:
    """The adjoint of each gate of an LSTM cell through both of its outputs' nonlinearities."""
    names = ("zi", "zf", "zo", "zg", "cp")
    zi, zf, zo, zg, cp = map(tensor, names)
    space = Space(shapes=dict.fromkeys((*names, "g"), (n,)))
    cell = sigmoid(zf(i)) * cp(i) + sigmoid(zi(i)) * tanh(zg(i))
    into_cell = g(i) * sigmoid(zo(i)) * (1 - tanh(cell) ** 2)
    expected = {
        "zi": into_cell * tanh(zg(i)) * sigmoid(zi(i)) * (1 - sigmoid(zi(i))),
        "zf": into_cell * cp(i) * sigmoid(zf(i)) * (1 - sigmoid(zf(i))),
        "zo": g(i) * tanh(cell) * sigmoid(zo(i)) * (1 - sigmoid(zo(i))),
        "zg": into_cell * sigmoid(zi(i)) * (1 - tanh(zg(i)) ** 2),
        "cp": into_cell * sigmoid(zf(i)),
    }
    for name, claim in expected.items():
        raw = total(g(k) * derivative(substitute(sigmoid(zo(i)) * tanh(cell), {i: k}), name, (i,)), (k, n))
        assert proved(raw - claim, {i: n}, space), name
        assert not proved(raw - claim * sigmoid(zo(i)), {i: n}, space), name


RELU = Piecewise((z(i), z(i) > 0), (0, True))
MIRRORED = Piecewise((-z(i), z(i) < 0), (0, True))
STABLE = Piecewise((sigmoid(z(i)), z(i) >= 0), (exp(z(i)) / (1 + exp(z(i))), True))
SOFTPLUS = log(1 + exp(z(i)))
W_ROW = total(W(i, k), (k, n))
LOSS = -(y(i) * log(sigmoid(z(i))) + (1 - y(i)) * log(1 - sigmoid(z(i))))


@pytest.mark.parametrize(
    ("left", "right", "wrong"),
    [
        (exp(-z(i)) / (1 + exp(-z(i))) ** 2, sigmoid(z(i)) * (1 - sigmoid(z(i))), sigmoid(z(i)) ** 2),
        (tanh(z(i)), 2 * sigmoid(2 * z(i)) - 1, 2 * sigmoid(z(i)) - 1),
        (STABLE, sigmoid(z(i)), sigmoid(-z(i))),
        (Abs(z(i)), RELU + MIRRORED, RELU - MIRRORED),
        (RELU - MIRRORED, z(i), Abs(z(i))),
        (RELU**2 + MIRRORED**2, z(i) ** 2, Abs(z(i))),
        (SOFTPLUS, RELU + log(1 + exp(-Abs(z(i)))), RELU + log(1 + exp(Abs(z(i))))),
        (LOSS, SOFTPLUS - y(i) * z(i), SOFTPLUS + y(i) * z(i)),
        (
            (-y(i) / sigmoid(z(i)) + (1 - y(i)) / (1 - sigmoid(z(i)))) * sigmoid(z(i)) * (1 - sigmoid(z(i))),
            sigmoid(z(i)) - y(i),
            y(i) - sigmoid(z(i)),
        ),
        (
            log(total(exp(z(k)), (k, n))),
            Maximum(z(k), (k, n)) + log(total(exp(z(l) - Maximum(z(k), (k, n))), (l, n))),
            log(total(exp(z(l) - Maximum(z(k), (k, n))), (l, n))),
        ),
        (sqrt(x(i)) * sqrt(x(i)) ** 3, x(i) ** 2, x(i)),
        (sqrt(8) * x(i), 2 * sqrt(2) * x(i), 3 * x(i)),
        (log(exp(x(i)) * x(j) ** 2), x(i) + 2 * log(x(j)), x(i) + log(x(j))),
        (Apply("f", x(i) + z(i), 1) * 2, Apply("f", z(i) + x(i), 1) + Apply("f", x(i) + z(i), 1), Apply("f", x(i))),
        (sin(x(i)) ** 3, sin(x(i)) - sin(x(i)) * cos(x(i)) ** 2, sin(x(i)) + sin(x(i)) * cos(x(i)) ** 2),
        (x(i) / (1 + 2 * x(i)), (1 - 1 / (1 + 2 * x(i))) / 2, 1 - 1 / (1 + 2 * x(i))),
        (
            total(Apply("square", W_ROW), (i, n)),
            total(W_ROW**2, (i, n)),
            total(W(i, k) ** 2, (i, n), (k, n)),
        ),
        (total(x(i) / (1 + 2 * x(i)), (i, n)), n / 2 - total(1 / (1 + 2 * x(i)), (i, n)) / 2, n / 2),
        (1 / a(i) + 1 / (1 - a(i)), 1 / (a(i) * (1 - a(i))), 1 / (1 - a(i)) ** 2),
    ],
)
def test_scalar_identities(left: Expr, right: Expr, wrong: Expr) -> None:
    """Each identity is proved with no premise but where it is defined; the near miss is not, and can be refuted."""
    ranges = {i: n, j: n}
    assert proved(left - right, ranges)
    assert not proved(left - wrong, ranges)
    assert compare(left, wrong, ranges, VECTORS).status == "refuted"


def test_kinks_are_said() -> None:
    """[z > 0] and [z >= 0] differ at 0: no plain proof, and a verdict that names the premise."""
    above = Piecewise((1, z(i) > 0), (0, True))
    from_zero = Piecewise((1, z(i) >= 0), (0, True))
    assert not proved(above - from_zero, {i: n})
    verdict = compare(above, from_zero, {i: n}, VECTORS)
    assert verdict.status == "proved"
    assert tuple(map(str, verdict.premises)) == ("away from kinks",)


def test_roots_of_products_need_signs() -> None:
    """√(x y) x = √(x³ y) fails where x and y are negative: not proved."""
    assert not proved(sqrt(x(i) * c(i)) * x(i) - sqrt(x(i) ** 3 * c(i)), {i: n})
    positive = Space(shapes=VECTORS.shapes, facts=(Fact("x", "positive"), Fact("c", "positive")))
    proof = is_zero(sqrt(x(i) * c(i)) * x(i) - sqrt(x(i) ** 3 * c(i)), {i: n}, positive)
    assert proof is not None
    assert tuple(map(str, proof.premises)) == ("x is above 0", "c is above 0")


def test_binary_data() -> None:
    """y² = y by its fact, which is cited, and not without it."""
    space = Space(shapes=VECTORS.shapes, facts=(Fact("y", "binary"),))
    proof = is_zero(y(i) ** 3 - y(i), {i: n}, space)
    assert proof is not None
    assert tuple(map(str, proof.premises)) == ("y is 0 or 1",)
    assert not proved(y(i) ** 3 - y(i), {i: n})


# shifted readings, guards and deltas


CONVOLUTION = Space(shapes={"g": (N,), "c": (K,)})


def test_convolution() -> None:
    """Σ_i g[i] c[p-i] = Σ_u g[p-u] c[u]; the unflipped kernel is another thing."""
    left = total(g(i) * c(p - i), (i, N))
    ranges = {p: N + K - 1}
    assert proved(left - total(g(p - u) * c(u), (u, K)), ranges, CONVOLUTION)
    assert not proved(left - total(g(p + u) * c(u), (u, K)), ranges, CONVOLUTION)
    assert not proved(left - total(g(p - u + 1) * c(u), (u, K)), ranges, CONVOLUTION)
    assert compare(left, total(g(p + u) * c(u), (u, K)), ranges, CONVOLUTION).status == "refuted"


def test_shift_in_time() -> None:
    """Σ z̄[t] h[t-1] = Σ z̄[t+1] h[t]; with exp(h[t-1]) the first step counts exp(0), and it is not equal."""
    assert proved(total(g(t) * x(t - 1), (t, n)) - total(g(t + 1) * x(t), (t, n)), {})
    assert not proved(total(g(t) * x(t - 1), (t, n)) - total(g(t) * x(t + 1), (t, n)), {})
    assert not proved(total(g(t) * exp(x(t - 1)), (t, n)) - total(g(t + 1) * exp(x(t)), (t, n)), {})


def test_guards_by_cases() -> None:
    """A guard that the entry beside it implies may go; a stricter one may not; a guard and its complement add to 1."""
    assert proved(x(i + 1) - Guard(n - 2 - i) * x(i + 1), {i: n})
    assert not proved(x(i + 1) - Guard(n - 3 - i) * x(i + 1), {i: n})
    assert proved(
        total(Guard(i - k) * x(k), (k, n)) + total(Guard(k - i - 1) * x(k), (k, n)) - total(x(k), (k, n)), {i: n}
    )
    assert not proved(exp(x(i + 1)) - Guard(n - 2 - i) * exp(x(i + 1)), {i: n})


def test_deltas_by_cases() -> None:
    """δ(i,j) x[i] = δ(i,j) x[j]; a shifted delta takes its range along."""
    delta = KroneckerDelta(i, j)
    assert proved(delta * x(i) - delta * x(j), {i: n, j: n})
    assert not proved(delta * x(i) - x(j), {i: n, j: n})
    assert proved(KroneckerDelta(i, j + 1) * x(i) * g(j) - KroneckerDelta(i, j + 1) * x(j + 1) * g(i - 1), {i: n, j: n})


def test_size_facts_are_cited() -> None:
    """A partial sum is in range because K <= N; the proof says so."""
    shapes = {"x": (N,), "g": (K,)}
    fact = N - K
    difference = total(KroneckerDelta(i, k) * g(k) * exp(x(i)), (i, N)) - g(k) * exp(x(k))
    proof = is_zero(difference, {k: K}, Space(shapes=shapes, size_facts=(fact,)))
    assert proof is not None
    assert tuple(map(str, proof.premises)) == (f"{fact} is at least 0",)
    assert not proved(difference, {k: K}, Space(shapes=shapes))


def test_definitions_serve_when_named() -> None:
    """σ' = a(1-a) rests on the definition of a, which is cited; unused it does not serve."""
    space = Space(shapes=VECTORS.shapes, definitions={"a": Array((i,), (n,), sigmoid(z(i)))})
    difference = derivative(sigmoid(z(j)), "z", (j,)) - a(j) * (1 - a(j))
    proof = is_zero(difference, {j: n}, space, using=("a",))
    assert proof is not None
    assert any(premise.kind == "definition" for premise in proof.premises)
    assert not proved(difference, {j: n}, space)
    assert not proved(difference + a(j), {j: n}, space, using=("a",))


def test_a_definition_comes_under_its_guards() -> None:
    """h[t-1] = σ(z[t-1]) does not hold at t = 0, where it would be ½."""
    space = Space(shapes=VECTORS.shapes, definitions={"a": Array((i,), (n,), sigmoid(z(i)))})
    assert not proved(a(t - 1) - sigmoid(z(t - 1)), {t: n}, space, using=("a",))
    assert proved(a(t - 1) - Guard(t - 1) * sigmoid(z(t - 1)), {t: n}, space, using=("a",))


def test_a_case_of_a_free_index_does_not_reach_a_bound_one() -> None:
    """Under the guard t < n-1 on a free t, a sum over another t still has its last term."""
    difference = Guard(n - 2 - t) * (total(x(t) * exp(g(t + 1)), (t, n)) - total(x(t) * exp(g(t + 1)), (t, n - 1)))
    assert not proved(difference, {t: n})
    last = Guard(n - 2 - t) * x(t + 1) - x(t + 1)
    assert proved(last * total(x(t) ** 2, (t, n)), {t: n})
    beyond = (Guard(t + 1 - n + K) - 1) * total(Guard(n - 1 - K - t) * x(t), (t, n))
    assert not proved(beyond, {t: n})


def test_undoing_a_logarithm_needs_its_sign() -> None:
    """exp(½ log x²) is |x|: equal to x where x > 0, which the proof must say."""
    proof = is_zero(exp(log(x(i) ** 2) / 2) - x(i), {i: n}, VECTORS)
    assert proof is None or "x[i] is above 0" in map(str, proof.premises)
    assert is_zero(exp(log(x(i) ** 2)) - x(i) ** 2, {i: n}, VECTORS) is not None


def test_an_empty_sum_has_no_sign() -> None:
    """Σ over n - 1 exponentials is 0 at n = 1, so that it is not always positive."""
    part = total(exp(x(k)), (k, n - 1))
    assert proved(Abs(total(exp(x(k)), (k, n))) - total(exp(x(k)), (k, n)), {})
    assert not proved(Piecewise((1, part > 0), (0, True)) - 1, {})


def test_shifting_never_drops_what_is_undefined() -> None:
    """Σ h[t-1]/g[t-1] has no value at t = 0, so that it is not the sum without that term."""
    left = total(x(t - 1) / g(t - 1), (t, n))
    assert not proved(left - total(Guard(n - 2 - t) * x(t) / g(t), (t, n)), {})
    moved = total(x(t) * z(t - 1) / g(t), (t, n))
    assert not proved(total(x(t + 1) * z(t) / g(t + 1), (t, n)) - moved, {})
    assert proved(total(Guard(n - 2 - t) * x(t + 1) * z(t) / g(t + 1), (t, n)) - moved, {})
    inside = total(Guard(t - 1) * x(t - 1) / g(t - 1), (t, n))
    assert proved(inside - total(Guard(n - 2 - t) * x(t) / g(t), (t, n)), {})


def test_signs_of_a_difference() -> None:
    """[y > z] + [z >= y] = 1, and [y > z] + [z > y] is 0 where they meet."""

    def bracket(condition) -> Expr:
        return Piecewise((1, condition), (0, True))

    assert proved(bracket(y(i) - z(i) > 0) + bracket(z(i) - y(i) >= 0) - 1, {i: n})
    assert not proved(bracket(y(i) - z(i) > 0) + bracket(z(i) - y(i) > 0) - 1, {i: n})
    assert not proved(bracket(y(i) > z(i)) - bracket(y(i) >= z(i)), {i: n})


def test_a_guard_that_leaves_an_index_one_value() -> None:
    """Σ_k [k >= 1] x[k] is Σ_k x[k] - x[0], and not 0; so at the last place, and over a range that may be empty."""
    whole = total(x(k), (k, n))
    assert proved(total(Guard(k - 1) * x(k), (k, n)) - whole + x(0), {})
    assert not proved(total(Guard(k - 1) * x(k), (k, n)), {})
    assert proved(total(Guard(n - 2 - k) * x(k), (k, n)) - whole + x(n - 1), {})
    assert not proved(total(Guard(n - 2 - k) * x(k), (k, n)), {})
    assert not proved(total(Guard(-k) * x(k), (k, n)) - whole, {})
    assert not proved(total(Guard(-k) * exp(x(k)), (k, n - 1)) - exp(x(0)), {})
