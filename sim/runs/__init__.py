"""Runs of scenarios: draws, replications, twins."""

__all__ = ["experiment", "lifelines", "lives", "past", "scenario_notes", "twins", "warmstore", "workers"]
