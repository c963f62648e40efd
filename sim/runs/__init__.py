"""Runs of scenarios: draws, replications, twins."""

__all__ = ["experiment", "lifelines", "past", "scenario_notes", "twins", "warmstore", "workers"]
