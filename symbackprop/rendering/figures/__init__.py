"""Figures from a model: records of graphs and shapes, a layout of our own, and two printers (SVG, TikZ)."""
