"""Claims that are a small change away from right ones, judged beside an evaluator of their own."""
