"""What to make of paired histories: money, certainty, thresholds, best budgets, fairness. Never simulates
but through the engine's front: a sample of runs goes in, an answer comes out.
"""
