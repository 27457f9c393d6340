"""A claim is judged in 20 ms, the median over all that a document says."""

from __future__ import annotations

from statistics import median

from tests.benchmarks.verify_cost import DOCUMENTS, TARGET, cost_of
from tests.planted.examples import FOLDER


def test_judging_a_claim() -> None:
    """The median of the softmax classifier's document, whose claims are the longest."""
    name = "softmax_classifier.md"
    assert median(cost_of(FOLDER / name, DOCUMENTS[name]).claims) <= TARGET
