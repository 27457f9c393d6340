"""Each layer beside the same forward equations written by hand in NumPy."""
