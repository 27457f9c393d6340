"""Oracles that share no code with the package's own evaluation: plain numbers, loops, complex steps."""
