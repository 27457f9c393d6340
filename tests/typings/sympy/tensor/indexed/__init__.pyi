# SymPy and mpmath have no types; what comes from them is Any.
from typing import Any

def __getattr__(name: str) -> Any: ...
