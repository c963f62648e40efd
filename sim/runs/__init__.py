"""Runs of scenarios: draws, replications, pairs of runs on common random numbers, twins."""

__all__ = ["experiment", "lifelines", "pairs", "scenario_notes", "twins", "warmstore", "workers"]
