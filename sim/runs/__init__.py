"""Runs of scenarios: draws, replications, twins."""

__all__ = ["experiment", "lifelines", "scenario_notes", "twins", "warmstore", "workers"]
