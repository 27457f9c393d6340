r"""Products of matrices and vectors over named indices, put together as a person would write them.

A factor on the indices (i, k) is an edge between them, a factor on i alone a vector at i. Bound indices are removed one
at a time, cheapest writing first:

    edges (i,k), (k,j)         Σ_k A[i,k] B[k,j]        A B
    with a vector at k         Σ_k A[i,k] v[k] B[k,j]   A diag(v) B
    edge and vector            Σ_k A[i,k] v[k]          A v
    edge alone                 Σ_k A[i,k]               row sum
    vectors alone              Σ_k v[k] w[k]            vᵀ w
    edges on the same pair     A[i,k] B[i,k]            A ⊙ B, or a trace or diagonal of A B

Each step removes an index or joins two factors, so the search ends. An acyclic network has one order that is as cheap
as any other; only cycles branch.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from sympy import Expr, Integer, S, Symbol

from symbackprop.algebra.matrices.forms import (
    DIAGONAL_COST,
    OUTER_INSIDE_COST,
    SUM_COST,
    Block,
    Form,
    Work,
    cheaper,
    combined,
    either,
    hadamard,
    kind,
    product,
    scalar,
    transposed,
    vector,
)
from symbackprop.algebra.matrices.grammar import (
    ColumnSum,
    Diagonal,
    DiagonalOf,
    Identity,
    Matrix,
    NormSquared,
    Ones,
    Power,
    RowSum,
    TotalSum,
    Trace,
    Transpose,
    parts,
)


@dataclass(frozen=True, slots=True)
class Network:
    """Blocks, and the indices that are still to be summed, with their sizes. A block with no ends is a scalar."""

    blocks: tuple[Block, ...]
    bound: tuple[tuple[Symbol, Expr], ...]

    def at(self, index: Symbol) -> tuple[list[Block], list[Block], list[Block]]:
        """The edges at `index`, the vectors at it, and the other blocks."""
        edges = [block for block in self.blocks if index in block.ends and len(block.ends) == 2]
        vectors = [block for block in self.blocks if block.ends == (index,)]
        return edges, vectors, [block for block in self.blocks if index not in block.ends]

    def without(self, index: Symbol, *blocks: Block) -> Network:
        return Network(blocks, tuple(pair for pair in self.bound if pair[0] != index))

    def is_bound(self, index: Symbol) -> bool:
        return any(variable == index for variable, _ in self.bound)


def contract(network: Network, work: Work) -> Network | None:
    """The network with every bound index summed away, in the cheapest way found; None if there is none."""
    start = _joined(network, work)
    queue = [(sum(block.cost for block in start.blocks), _key(start, work), 0, start)]
    seen: set[tuple] = set()
    pushed = 0
    while queue and work.take():
        _, _, _, state = heapq.heappop(queue)
        if _is_done(state):
            return state
        mark = (state.bound, tuple(sorted(tuple(map(str, block.ends)) for block in state.blocks)))
        if mark in seen:
            continue
        seen.add(mark)
        for successor in (_joined(found, work) for found in _successors(state, work)):
            pushed += 1
            cost = sum(block.cost for block in successor.blocks)
            heapq.heappush(queue, (cost, _key(successor, work), pushed, successor))
    return None


def _key(state: Network, work: Work) -> tuple:
    return tuple(work.reading(block.forms[0].matrix) for block in state.blocks)


def _is_done(state: Network) -> bool:
    edges = [block for block in state.blocks if len(block.ends) == 2]
    return not state.bound and len(edges) <= 1


def _joined(state: Network, work: Work) -> Network:
    """Edges on the same pair joined to Hadamard products, where nothing else could be meant."""
    blocks = list(state.blocks)
    edges = [block for block in blocks if len(block.ends) == 2]
    for first, second in combinations(edges, 2):
        if set(first.ends) == set(second.ends) and not _may_close(state, first):
            blocks.remove(first)
            blocks[blocks.index(second)] = _hadamard_edges(first, second, work)
            return _joined(replace(state, blocks=tuple(blocks)), work)
    return state


def _may_close(state: Network, edge: Block) -> bool:
    """Whether an edge with another on its pair may be multiplied over one of their indices, to a diagonal or trace."""
    return any(
        variable in edge.ends and sum(variable in block.ends for block in state.blocks) == 2
        for variable, _ in state.bound
    )


def _successors(state: Network, work: Work) -> Iterator[Network]:
    ready = [found for variable, extent in state.bound if (found := _removals(state, variable, extent, work))]
    if not ready:
        return
    urgent = min(rank for rank, _ in ready)
    if urgent < 2 or _is_forest(state):
        yield from next(networks for rank, networks in ready if rank == urgent)
        return
    for _, networks in ready:
        yield from networks


def _is_forest(state: Network) -> bool:
    group = {index: index for block in state.blocks for index in block.ends}

    def find(index: Symbol) -> Symbol:
        return index if group[index] == index else find(group[index])

    for block in state.blocks:
        if len(block.ends) == 2:
            left, right = map(find, block.ends)
            if left == right:
                return False
            group[left] = right
    return True


def _removals(state: Network, index: Symbol, extent: Expr, work: Work) -> tuple[int, list[Network]] | None:
    """The ways to sum `index` away, and how urgent they are: 0 and 1 are always right, the others wait."""
    edges, vectors, rest = state.at(index)
    if extent == 1 and (edges or vectors):
        return 0, [state.without(index, *rest, *_over_one(index, edges, vectors, work))]
    if not edges:
        return 1, [state.without(index, *rest, _total_of_vectors(vectors, work))]
    if len(edges) == 1:
        return _over_one_edge(state, index, edges[0], vectors, rest, work)
    if len(edges) == 2:
        return _over_two_edges(state, index, edges, vectors, rest, work)
    return None


def _over_one_edge(
    state: Network, index: Symbol, edge: Block, vectors: list[Block], rest: list[Block], work: Work
) -> tuple[int, list[Network]]:
    other = _other(edge, index)
    if vectors:
        return 1, [state.without(index, *rest, _times_vector(edge, index, combined(vectors, work)))]
    if state.is_bound(other) and not any(other in block.ends for block in rest):
        both = state.without(index).without(other)
        return 3, [replace(both, blocks=(*rest, scalar(_total(edge.forms))))]
    return 3, [state.without(index, *rest, _row_sums(edge, other))]


def _over_two_edges(
    state: Network, index: Symbol, edges: list[Block], vectors: list[Block], rest: list[Block], work: Work
) -> tuple[int, list[Network]]:
    first, second = edges
    start, end = _other(first, index), _other(second, index)
    middle = _diagonal(combined(vectors, work)) if vectors else None
    if start != end:
        return 2, [state.without(index, *rest, _times(first, second, index, middle))]
    joined = Network((*rest, *vectors, _hadamard_edges(first, second, work)), state.bound)
    if vectors:
        return 2, [joined]
    closed = [product(first.form(start, index), second.form(index, end)) for first, second in (edges, edges[::-1])]
    form = min(closed, key=lambda form: (form.cost, work.reading(form.matrix)))
    if state.is_bound(start) and not any(start in block.ends for block in rest):
        trace = scalar(Form(Trace(form.matrix), form.cost + SUM_COST))
        return 2, [joined, replace(state.without(index).without(start), blocks=(*rest, trace))]
    diagonal = vector(start, Form(DiagonalOf(form.matrix), form.cost + DIAGONAL_COST))
    return 2, [joined, state.without(index, *rest, diagonal)]


def _over_one(index: Symbol, edges: list[Block], vectors: list[Block], work: Work) -> list[Block]:
    """What stands at an index of size 1, where there is nothing to sum: edges become vectors of their other index."""
    if not edges:
        return [scalar(combined(vectors, work).forms[0])]
    found = [
        Block((_other(edge, index),), (edge.form(_other(edge, index), index), edge.form(index, _other(edge, index))))
        for edge in edges
    ]
    if vectors:
        found[0] = _times_vector(edges[0], index, combined(vectors, work))
    return found


def _other(edge: Block, index: Symbol) -> Symbol:
    return edge.ends[1] if edge.ends[0] == index else edge.ends[0]


def _times(first: Block, second: Block, index: Symbol, middle: Form | None) -> Block:
    start, end = _other(first, index), _other(second, index)
    between = () if middle is None else (middle,)
    onward = product(first.form(start, index), *between, second.form(index, end))
    back = product(second.form(end, index), *between, first.form(index, start))
    return either((start, end), onward, back)


def _times_vector(edge: Block, index: Symbol, vector: Block) -> Block:
    other = _other(edge, index)
    column = product(edge.form(other, index), vector.forms[0])
    row = product(vector.forms[1], edge.form(index, other))
    return either((other,), column, row)


def _row_sums(edge: Block, other: Symbol) -> Block:
    index = _other(edge, other)
    down, across = edge.form(other, index), edge.form(index, other)
    column, row = RowSum(down.matrix), ColumnSum(across.matrix)
    return either((other,), Form(column, down.cost + SUM_COST), Form(row, across.cost + SUM_COST))


def _total(forms: tuple[Form, Form]) -> Form:
    form = cheaper(*forms)
    if isinstance(form.matrix, DiagonalOf):
        return Form(Trace(form.matrix.of), form.cost)
    if isinstance(form.matrix, Power) and form.matrix.exponent == 2:
        return Form(NormSquared(form.matrix.of), form.cost + SUM_COST)
    return Form(TotalSum(form.matrix), form.cost + SUM_COST)


def _total_of_vectors(vectors: list[Block], work: Work) -> Block:
    """Σ_k of a product of vectors at k: a total sum, or a dot product of one with the rest."""
    if len(vectors) == 1:
        return scalar(_total(vectors[0].forms))
    dots = []
    for place, one in enumerate(vectors):
        rest = combined(vectors[:place] + vectors[place + 1 :], work)
        dots.append(product(one.forms[1], rest.forms[0]))
        dots.append(product(rest.forms[1], one.forms[0]))
    return scalar(min(dots, key=lambda form: (form.cost, *_dot_order(form.matrix, work))))


def _dot_order(matrix: Matrix, work: Work) -> tuple:
    kinds = tuple(kind(part, adjoints_first=False) for part in parts(matrix))
    return kinds, work.reading(matrix)


def _hadamard_edges(first: Block, second: Block, work: Work) -> Block:
    start, end = first.ends
    sides = [hadamard([first.form(a, b), second.form(a, b)], work) for a, b in ((start, end), (end, start))]
    return either(first.ends, *sides)


def _diagonal(vector: Block) -> Form:
    column = vector.forms[0]
    return Form(Diagonal(column.matrix), column.cost + DIAGONAL_COST)


def arrange(
    network: Network, rows: Symbol | None, columns: Symbol | None, shape: tuple[Expr, Expr], work: Work
) -> tuple[list[Form], Form | None]:
    """A contracted network as scalars and one matrix with `rows` down and `columns` across; None if only scalars."""
    scalars = [block.forms[0] for block in network.blocks if not block.ends]
    edge = next((block.form(rows, columns) for block in network.blocks if len(block.ends) == 2), None)
    down = [block for block in network.blocks if rows is not None and block.ends == (rows,)]
    across = [block for block in network.blocks if columns is not None and block.ends == (columns,)]
    column = combined(down, work).forms[0] if down else None
    row = combined(across, work).forms[1] if across else None
    if edge is not None:
        return scalars, _dressed(edge, column, row, work)
    if column is not None and row is not None:
        return scalars, product(column, _lying(row))
    if column is not None:
        return scalars, column if shape[1] == 1 else product(column, Form(Ones((S.One, shape[1]))))
    if row is not None:
        return scalars, row if shape[0] == 1 else product(Form(Ones((shape[0], Integer(1)))), row)
    return scalars, None


def _lying(row: Form) -> Form:
    """A row; a vector of length 1 still shows that it lies: dz xᵀ."""
    return Form(Transpose(row.matrix), row.cost + 1) if row.matrix.is_scalar else row


def _dressed(edge: Form, column: Form | None, row: Form | None, work: Work) -> Form:
    """An edge with vectors on its indices: diag(v) A, A diag(w), or A ⊙ v wᵀ."""
    if isinstance(edge.matrix, Identity):
        vectors = [form for form in (column, row and transposed(row)) if form]
        return _diagonal(vector(Symbol("_"), hadamard(vectors, work))) if vectors else edge
    if column is not None and row is not None:
        outer = product(column, row)
        return hadamard([edge, Form(outer.matrix, outer.cost + OUTER_INSIDE_COST)], work)
    if column is not None:
        return product(Form(Diagonal(column.matrix), column.cost + DIAGONAL_COST), edge)
    if row is not None:
        turned = transposed(row)
        return product(edge, Form(Diagonal(turned.matrix), turned.cost + DIAGONAL_COST))
    return edge
