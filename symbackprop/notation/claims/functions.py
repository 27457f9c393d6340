r"""Which function is meant: `\tanh`, `softmax`, the model's own; f, g, φ, σ of a note for what the model applies."""

from __future__ import annotations

from symbackprop.algebra.symbols import Apply, is_adjoint
from symbackprop.notation.claims.context import Context
from symbackprop.notation.reading import syntax
from symbackprop.notation.reading.calls import ALIASES, KNOWN
from symbackprop.notation.reading.claim_calls import CLAIM_FUNCTIONS, OTHER_NAMES
from symbackprop.notation.surface.tree import Word
from symbackprop.notation.writing.functions import function_text

MODULES = ("np.", "numpy.", "jnp.", "torch.", "math.", "F.")
_TEXT = frozenset({"LeakyReLU", "SoftMax", "SoftPlus"})
_LETTERS = frozenset({"f", "g", "h", "phi", "varphi", "psi", "sigma", "varsigma", "R", "s", "theta", "sigmoid", "Phi"})


def plain_name(word: str) -> str:
    """The name without the module of a program before it: `np.sum` is sum."""
    for module in MODULES:
        if word.startswith(module):
            return word.removeprefix(module)
    return word


def known(word: str, context: Context) -> str | None:
    """The function of this name, of the model or of all mathematics; None where there is none, or a tensor bears it."""
    name = plain_name(word)
    own = context.symbols.model.functions
    if context.symbols.tensor(name) is not None and name not in own:
        return None
    if name in own:
        return name
    shown = next((function for function in own if function_text(function) == name), None)
    if shown is not None:
        return shown
    for spelling in (name, name.lower()):
        if spelling in KNOWN or spelling in CLAIM_FUNCTIONS or spelling in ALIASES or spelling in OTHER_NAMES:
            return spelling
    return name if name in _TEXT else None


def applied(word: str, argument: syntax.Node, context: Context) -> str | None:
    """The function that a note's f stands for at this argument: the one that the model applies to it, or its only one.

    σ is the sigmoid where the model applies that; a model without it may call its activation so.
    """
    symbols = context.symbols
    if word in symbols.model.functions:
        return word
    tensor = _tensor(argument)
    if tensor is not None and tensor in symbols.activations:
        return symbols.activations[tensor]
    functions = [name for name in symbols.activation_functions if name != "abs"]
    if len(set(functions)) == 1:
        return functions[0]
    return None


def applied_once(word: str, context: Context) -> str | None:
    """The tensor a = σ(z) for which σ stands alone, `∂σ/∂w`, where the model applies that function once."""
    symbols, name = context.symbols, known(word, context)
    if name is None and not (may_be(word) and symbols.tensor(word) is None):
        return None
    name = ALIASES.get(name, OTHER_NAMES.get(name.lower(), name)) if name is not None else ""
    formulas = {tensor: array.expression for tensor, array in symbols.model.space.definitions.items()}
    found = [tensor for tensor, formula in formulas.items() if formula.has(Apply)]
    only = formulas[found[0]] if len(found) == 1 else None
    return found[0] if isinstance(only, Apply) and name in ("", only.name) else None


def may_be(word: Word | str) -> bool:
    """Whether a letter is one that notes use for an activation."""
    return (word if isinstance(word, str) else word.text) in _LETTERS


def _tensor(node: syntax.Node) -> str | None:
    match node:
        case syntax.Name(name) | syntax.Subscript(syntax.Name(name)) if not is_adjoint(name):
            return name
    return None
