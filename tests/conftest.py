"""What all tests share: golden files, rewritten by `pytest --update-golden`; one core for each worker."""

from __future__ import annotations

import difflib
import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a worker has one core: threads would wait for each other
os.environ.setdefault("SYMPY_CACHE_SIZE", "50000")  # SymPy keeps 1,000 results: many tests in one process need more

from tests.remembered import remember_derivations

MODELS = frozenset(path.stem for path in (Path(__file__).parents[1] / "docs" / "examples").rglob("*.model"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In the long run, what is about one model stands together: a worker derives it once for all of these tests."""
    if config.getoption("markexpr") == "long":
        items.sort(key=_model_of)


def _model_of(item: pytest.Item) -> str:
    """The example that a test is about, by its id; "" for others, which come first."""
    parts = item.name.partition("[")[2].rstrip("]").split("-")
    return next((part for part in parts if part in MODELS), "")


def pytest_collection_finish(session: pytest.Session) -> None:
    """SymPy makes many small objects that live long: looking through them for cycles took a seventh of the time."""
    if not any(item.get_closest_marker("benchmark") for item in session.items):
        remember_derivations()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files that differ")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """`golden(path, text)`: the file holds exactly `text`; a difference is shown, or written with --update-golden."""
    update = request.config.getoption("--update-golden")

    def compare(path: Path, text: str) -> None:
        wanted = path.read_text(encoding="utf-8") if path.exists() else None
        if wanted == text:
            return
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        if wanted is None:
            pytest.fail(f"there is no golden file {path}; run pytest --update-golden", pytrace=False)
        lines = difflib.unified_diff(wanted.splitlines(), text.splitlines(), "golden", "now", lineterm="")
        pytest.fail(f"{path.name} differs; look, then run pytest --update-golden\n" + "\n".join(lines), pytrace=False)

    return compare
