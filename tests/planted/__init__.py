"""Planted errors: notes and functions with one mistake each, and the same ones right."""
