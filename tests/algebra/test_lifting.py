"""Lifting: the matrix expression is the one a person writes, and it means what the index expression means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Mul, Rational, S

from symbackprop.algebra.arrays import Array
from symbackprop.algebra.display import display
from symbackprop.algebra.matrices import grammar as mx
from symbackprop.algebra.matrices.grammar import shape_errors
from symbackprop.algebra.matrices.lifting import lift
from symbackprop.algebra.matrices.lowering import lower
from symbackprop.algebra.space import Space
from symbackprop.algebra.symbols import Guard, entry, index, size, total
from tests.algebra.lifting_cases import CASES, SIZES, SPACE, Case
from tests.algebra.matrix_oracles import array_value, lifted_value, number, show
from tests.other_process import elsewhere

n, h, m = size("n"), size("h"), size("m")
i, j, k, t = index("i"), index("j"), index("k"), index("t")
POSITIVE = {"p", "P", "PR", "a", "A", "AR", "a1", "A1", "A1R"}
LETTERS = tuple(index(letter) for letter in "ijklpqrst")


def numbers(space: Space, seed: int = 0) -> dict[str, np.ndarray]:
    """A random array for every tensor: of both signs, or where a logarithm is taken in (0, 1)."""
    random = np.random.default_rng(seed)
    drawn = {}
    for name, shape in sorted(space.shapes.items()):
        extents = tuple(number(extent, SIZES) for extent in shape)
        signs = 1.0 if name in POSITIVE else random.choice([-1.0, 1.0], extents)
        drawn[name] = random.uniform(0.2, 0.9, extents) * signs
    return drawn


DATA = numbers(SPACE)
by_title = pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)


def assert_means(matrix: mx.Matrix, array: Array, space: Space, data: dict[str, np.ndarray]) -> None:
    """The lift has fitting shapes and the value of the array, and so has what it is lowered to."""
    assert shape_errors(matrix) == ()
    expected = array_value(array, data, SIZES)
    np.testing.assert_allclose(lifted_value(matrix, array, data, SIZES), expected, rtol=1e-10, atol=1e-12)
    again = Array(array.indices, array.shape, lower(matrix, array.indices, space))
    np.testing.assert_allclose(array_value(again, data, SIZES), expected, rtol=1e-10, atol=1e-12)


@by_title
def test_a_formula_is_lifted_to_what_a_person_writes(case: Case) -> None:
    """Exactly the expected matrix expression comes out."""
    matrix = lift(case.array, SPACE)
    assert matrix is not None
    assert show(matrix) == case.lifted


@by_title
def test_the_display_form_is_lifted_alike(case: Case) -> None:
    """What documents show in index notation gives the same matrix expression."""
    array = case.array
    matrix = lift(Array(array.indices, array.shape, display(array.expression, array.ranges, SPACE)), SPACE)
    assert matrix is not None
    assert show(matrix) == case.lifted


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.lifted.startswith("each")], ids=lambda case: case.title
)
def test_the_names_of_indices_do_not_matter(case: Case) -> None:
    """With names that sort the other way round the same matrix expression comes out."""
    names = (index("zz"), index("yy"))[: len(case.array.indices)]
    matrix = lift(Array(names, case.array.shape, case.array.at(*names)), SPACE)
    assert matrix is not None
    assert show(matrix) == case.lifted


@by_title
def test_a_lift_keeps_the_value(case: Case) -> None:
    """The matrix expression, what it is lowered to, and the index expression have the same numbers."""
    matrix = lift(case.array, SPACE)
    assert matrix is not None
    assert_means(matrix, case.array, SPACE, DATA)


@by_title
def test_a_lift_is_found_again_from_its_own_lowering(case: Case) -> None:
    """Lifting what a lift was lowered to gives a matrix expression of the same value."""
    matrix = lift(case.array, SPACE)
    assert matrix is not None
    again = Array(case.array.indices, case.array.shape, lower(matrix, case.array.indices, SPACE))
    second = lift(again, SPACE)
    assert second is not None
    assert_means(second, case.array, SPACE, DATA)


@pytest.mark.parametrize("name", ["x", "W1", "lam", "w"])
def test_a_tensor_is_lifted_to_its_own_name(name: str) -> None:
    """A whole tensor is a leaf."""
    shape = SPACE.shapes[name]
    indices = (i, j)[: len(shape)]
    matrix = lift(Array(indices, shape, entry(name, *indices)), SPACE)
    assert matrix == mx.Leaf(name, (*shape, S.One, S.One)[:2])


def test_an_adjoint_that_is_not_declared_has_the_shape_of_its_primal() -> None:
    """∂z1 lifts where only z1 has a shape, and so does the adjoint of an adjoint."""
    space = Space({"z1": (h,)})
    for name in ("∂z1", "∂∂z1"):
        array = Array((i,), (h,), entry(name, i))
        assert lift(array, space) == mx.Leaf(name, (h, S.One))
        assert lower(mx.Leaf(name, (h, S.One)), (i,), space) == entry(name, i)


UNLIFTABLE = {
    "a convolution": Array((i,), (h,), total(entry("u", i + j) * entry("r", j), (j, n))),
    "a guard": Array((i,), (h,), Guard(i - 1) * entry("u", i)),
    "an index as a value": Array((i,), (h,), i * entry("u", i)),
    "a tensor without a shape": Array((i,), (h,), entry("unknown", i)),
    "a tensor read over another range": Array((i,), (n,), entry("u", i)),
    "three matrices at one index": Array(
        (i, j, k), (h, h, h), total(entry("M", i, t) * entry("N", j, t) * entry("K", k, t), (t, h))
    ),
}


@pytest.mark.parametrize("title", UNLIFTABLE)
def test_what_has_no_matrix_form_stays_in_index_notation(title: str) -> None:
    """None is returned, never a wrong or half-lifted expression."""
    matrix = lift(UNLIFTABLE[title], SPACE)
    assert matrix is None or title.startswith("three")
    if matrix is not None:  # for each i: N diag(M_i) Kᵀ
        assert_means(matrix, UNLIFTABLE[title], SPACE, DATA)


def square_space(count: int) -> Space:
    return Space({**{f"A{place}": (h, h) for place in range(count)}, **{f"v{place}": (h,) for place in range(count)}})


def chain(count: int) -> Array:
    """A0 A1 ... : `count` matrices in a row."""
    edges = [entry(f"A{place}", LETTERS[place], LETTERS[place + 1]) for place in range(count)]
    body = total(Mul(*edges), *((letter, h) for letter in LETTERS[1:count]))
    return Array((LETTERS[0], LETTERS[count]), (h, h), body)


def ladder(count: int) -> Array:
    """A chain whose every second index is joined to the first once more: cycles, so that the order matters."""
    pairs = [(place, place + 1) for place in range(count // 2)] + [
        (0, place + 2) for place in range(count - count // 2)
    ]
    used = sorted({place for pair in pairs for place in pair})
    edges = [entry(f"A{number}", LETTERS[a], LETTERS[b]) for number, (a, b) in enumerate(pairs)]
    return Array((LETTERS[0],), (h,), total(Mul(*edges), *((LETTERS[place], h) for place in used[1:])))


@pytest.mark.parametrize("count", [2, 4, 6, 8])
def test_a_chain_costs_one_state_for_each_index(count: int) -> None:
    """The search looks at as many states as there are indices to sum, and a few."""
    assert lift(chain(count), square_space(count), budget=count + 1) is not None


@pytest.mark.parametrize("count", [3, 4, 6, 8])
def test_a_network_with_cycles_stays_within_its_states(count: int) -> None:
    """Eight factors with cycles need fewer than 100 states."""
    assert lift(ladder(count), square_space(count), budget=100) is not None


def test_a_search_beyond_its_budget_finds_nothing() -> None:
    """With too few states there is no lift, rather than a worse one."""
    assert lift(chain(8), square_space(8), budget=4) is None


@st.composite
def products(draw: st.DrawFn) -> tuple[Array, bool]:
    """A product of up to 5 matrices and vectors at random indices, some of them summed; and whether it has a cycle."""
    letters = LETTERS[:4]
    count = draw(st.integers(1, 5))
    places: list[tuple[int, ...]] = []
    factors = []
    for which in range(count):
        rank = draw(st.integers(1, 2))
        place = tuple(draw(st.lists(st.integers(0, 3), min_size=rank, max_size=rank)))
        places.append(place)
        factors.append(entry(f"{'vA'[rank - 1]}{which}", *(letters[p] for p in place)))
    used = sorted({p for place in places for p in place})
    free = draw(st.lists(st.sampled_from(used), max_size=2, unique=True))
    bounds = [(letters[p], h) for p in used if p not in free]
    coefficient = draw(st.sampled_from([Integer(1), Rational(-1, 2), 1 / h]))
    array = Array(tuple(letters[p] for p in free), (h,) * len(free), coefficient * total(Mul(*factors), *bounds))
    return array, _has_cycle([place for place in places if len(place) == 2])


def _has_cycle(edges: list[tuple[int, ...]]) -> bool:
    group = {place: place for edge in edges for place in edge}
    for left, right in edges:
        if group[left] == group[right]:
            return True
        old = group[left]
        group = {place: group[right] if name == old else name for place, name in group.items()}
    return False


@settings(max_examples=150, deadline=None, derandomize=True)
@given(products())
def test_random_products_keep_their_value(drawn: tuple[Array, bool]) -> None:
    """What is lifted has the right value; a product without a cycle always lifts."""
    array, cyclic = drawn
    space = square_space(5)
    matrix = lift(array, space)
    assert matrix is not None or cyclic
    if matrix is not None:
        assert_means(matrix, array, space, numbers(space))


@st.composite
def sums(draw: st.DrawFn) -> Array:
    """A sum of up to 4 products of entries at i and of dot products: what common factors are pulled out of."""
    terms = []
    for _ in range(draw(st.integers(1, 4))):
        names = draw(st.lists(st.sampled_from(["v0", "v1", "v2"]), min_size=1, max_size=3))
        term = Mul(*(entry(name, i) for name in names)) * draw(st.sampled_from([1, -1, 2, Rational(1, 2)]))
        if draw(st.booleans()):
            term *= total(entry("v3", k) * entry("v4", k), (k, h))
        terms.append(term)
    return Array((i,), (h,), sum(terms, S.Zero))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sums())
def test_random_sums_keep_their_value(array: Array) -> None:
    """Pulling out common factors changes no value."""
    space = square_space(5)
    matrix = lift(array, space)
    assert matrix is not None
    assert_means(matrix, array, space, numbers(space))


def test_the_same_input_gives_the_same_matrix_under_any_hash_seed() -> None:
    """Nothing depends on the order of sets or on hashes."""
    imports = (
        "from tests.algebra.lifting_cases import CASES, SPACE\n"
        "from symbackprop.algebra.matrices.lifting import lift\n"
        "from tests.algebra.matrix_oracles import show"
    )
    found = elsewhere(imports, "'\\n'.join(show(lift(case.array, SPACE)) for case in CASES)")
    assert found == "\n".join(case.lifted for case in CASES)


X, Y, COLUMN = mx.Leaf("X", (h, n)), mx.Leaf("Y", (n, m)), mx.Leaf("c", (h, S.One))
MISFITS = {
    "the product of h×n and h×n": mx.Product((X, X)),
    "the Hadamard product of h×n and n×m": mx.Hadamard((X, Y)),
    "the sum of h×n and n×h": mx.Plus((X, mx.Transpose(X))),
    "a factor of h×1": mx.Scale(COLUMN, X),
    "a diagonal of h×n": mx.Diagonal(X),
    "the diagonal of h×n": mx.Trace(X),
}


@pytest.mark.parametrize("words", MISFITS)
def test_a_misfit_is_found_and_named(words: str) -> None:
    """The shape check says which operation does not fit, also deep inside."""
    errors = shape_errors(mx.Transpose(mx.TotalSum(MISFITS[words])))
    assert len(errors) == 1
    assert errors[0].startswith(words)


def test_sizes_that_are_equal_after_expanding_fit() -> None:
    """(n + 1) n and n² + n are the same size."""
    left, right = mx.Leaf("A", (h, n * (n + 1))), mx.Leaf("B", (n**2 + n, m))
    assert shape_errors(mx.Product((left, right))) == ()
