"""Layers as forward equations: each expands to tensors and equations, and nothing else is known of it."""
