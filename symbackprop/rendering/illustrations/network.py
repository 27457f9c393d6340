"""The network of neurons, where its layers are small."""

from __future__ import annotations

from symbackprop.rendering.figures.network import layers_of, network_drawing
from symbackprop.rendering.illustrations.subject import Illustration, Subject, sizes_told


def illustration(subject: Subject) -> Illustration | None:
    """The units and weights of a chain of layers of at most six units; None for all other models."""
    formulas, sizes = subject.one, subject.sizes()
    drawing = network_drawing(formulas.derivation, formulas.names, sizes=sizes)
    if drawing is None:
        return None
    layers = layers_of(formulas.derivation.model, sizes)
    facts = {
        "weights": formulas.tensor(layers[1].weights),
        "turned": layers[1].turned,
        "sizes": sizes_told(formulas, sizes),
    }
    return Illustration("network", drawing, facts)
