"""Small values by a seed: sizes that differ, one decimal, facts that hold, no kink near, the same every time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.algebra.proving.drawing import Leaf
from symbackprop.algebra.space import Fact
from symbackprop.compiling.arguments import fitted, signature_of
from symbackprop.evaluation.entries import Source, small_entries
from symbackprop.evaluation.seeded import Values, masks_of, point_of, seeded
from symbackprop.evaluation.small_sizes import small_sizes

ROOT = Path(__file__).parents[2] / "docs" / "examples"
EXAMPLES = sorted(ROOT.rglob("*.model"), key=str)
MANY_KINKS = {"cnn_digits"}  # 2000 values compared: tenths often meet, and so do units that are all inactive
QUICK = {
    "max_pool",
    "attention_masked",
    "embedding",
    "conv1d_strided",
    "gaussian_mixture",
    "rnn_two_layers",
    "cnn_digits",
}
"""Networks of each kind of data: kinks, masks, integers, sizes with facts, distributions, time, many entries."""
SMALL = [
    "002_two_layer_sigmoid", "softmax_classifier", "layer_norm", "residual", "highway", "dropout", "autoencoder",
    "batch_norm", "mixture_of_experts", "001_linear_1_1_2_1",
]  # fmt: skip


def load(name: str) -> sb.Model:
    return sb.load(next(path for path in EXAMPLES if path.stem == name))


def digest(values: Values) -> str:
    """The bytes of all arrays and sizes."""
    found = hashlib.sha256(repr(sorted(values.sizes.items())).encode())
    for name, array in sorted(values.arrays.items()):
        found.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if path.parent == ROOT or path.stem in QUICK else pytest.mark.long)
        for path in EXAMPLES
    ],
    ids=lambda p: p.stem,
)
def test_every_example(path: Path) -> None:
    """Sizes differ and are small; entries have one decimal and differ where there are not too many; facts hold."""
    model = sb.load(path)
    values = seeded(model)
    assert len(set(values.sizes.values())) == len(values.sizes)
    assert all(2 <= count <= 9 for count in values.sizes.values())
    signature = signature_of(model)
    loose = {name: values.sizes[name] for name in signature.sizes}
    fitted(signature, {**loose, **values.arrays})
    masks = masks_of(model.batched())
    for argument in signature.arguments:
        array = values.arrays[argument.name]
        if argument.integer or argument.name in masks or {f.kind for f in argument.facts} - {"positive"}:
            continue
        np.testing.assert_array_equal(array, np.round(array, 3 if path.stem in MANY_KINKS else 1))
        assert np.all(array != 0)
        if array.size <= 19 or (array.size <= 38 and not argument.facts):
            assert len(np.unique(array)) == array.size, argument.name
        if array.size > 1 and not argument.facts:
            assert np.any(array > 0)
    compared: list[np.ndarray] = []
    point = point_of(model, values, compared)
    assert path.stem in MANY_KINKS or all(np.all(np.abs(d) > 1e-6) for d in compared)
    assert all(np.all(np.isfinite(point.values[e.tensor])) for e in model.batched().order)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("seed", [0, 1])
def test_activations_differ_in_two_decimals(name: str, seed: int) -> None:
    """No two entries of a tensor look alike, but for zeros and ones that a case gives."""
    model = load(name)
    point = point_of(model, seeded(model, seed=seed))
    for equation in model.batched().order:
        shown = [round(float(v), 2) for v in np.ravel(point.values[equation.tensor]) if v not in (0, 1)]
        assert len(shown) == len(set(shown)), equation.tensor


@pytest.mark.parametrize("seed", range(4))
def test_relu_is_on_both_sides(seed: int) -> None:
    """Inputs of relu are 0.05 from 0 at least, some above and some below."""
    model = load("softmax_classifier")
    point = point_of(model, seeded(model, seed=seed))
    for name in ("z1", "z2"):
        assert np.min(np.abs(point.values[name])) >= 0.05
        assert np.any(point.values[name] > 0)
        assert np.any(point.values[name] < 0)


def test_the_same_bytes() -> None:
    """In another process too; another seed gives others."""
    model = load("softmax_classifier")
    here = digest(seeded(model, seed=5))
    assert here == digest(seeded(model, seed=5))
    assert here != digest(seeded(model, seed=6))
    code = (
        "import symbackprop as sb; from tests.evaluation.test_seeded import digest, load, seeded; "
        "print(digest(seeded(load('softmax_classifier'), seed=5)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parents[1])
    assert ran.stdout.strip() == here


def test_sizes_obey_the_model() -> None:
    """A window fits into what it reads; literal sizes and those given stay, and the others differ from them."""
    model = sb.parse(
        "size H, K\nsize H >= K\ninput x[H]\ntarget y[H-K+1]\nparameter w[K]\ntensor o[H-K+1]\n"
        "o[i] = sum(k, w[k] x[i+k])\nloss L = sum(i, (o[i] - y[i])^2)"
    )
    found = small_sizes(model)
    assert found["H"] > found["K"] >= 2
    assert found["H"] - found["K"] + 1 not in (1, found["K"], found["H"])
    assert small_sizes(model, {"K": 4})["K"] == 4
    assert small_sizes(load("000_two_layer_sigmoid"))["m"] not in (1, 2, 3)


def test_masks() -> None:
    """The mask of attention is zeros and ones, with a one in each row."""
    model = load("attention_masked")
    assert masks_of(model.batched()) == {"k"}
    k = seeded(model).arrays["k"]
    assert set(np.unique(k)) == {0.0, 1.0}
    assert np.all(k.max(axis=1) == 1)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 12])
def test_distributions(count: int) -> None:
    """Shares sum to 1 and are above 0."""
    leaf = Leaf((3, count), (Fact("y", "distribution", 1),))
    found = small_entries(leaf, Source.of(1))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-15)
    assert np.all(found > 0)
    assert count > 4 or all(len(np.unique(row)) == count for row in found)


def test_classes_take_turns() -> None:
    """One-hot data have each class; binary data both values; indices stay below their limit."""
    one_hot = small_entries(Leaf((3, 4), (Fact("y", "one_hot", 0),)), Source.of(2))
    assert np.all(one_hot.sum(axis=0) == 1)
    assert np.all(one_hot.sum(axis=1) >= 1)
    assert set(np.ravel(small_entries(Leaf((2,), (Fact("b", "binary"),)), Source.of(3)))) == {0.0, 1.0}
    assert sorted(np.ravel(small_entries(Leaf((5,), limit=5), Source.of(4)))) == [0, 1, 2, 3, 4]
