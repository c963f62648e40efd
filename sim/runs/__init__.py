"""Runs of scenarios: draws, replications, twins."""

__all__ = [
    "experiment", "lifelines", "lives", "panel", "panel_files", "past", "scenario_notes", "twins",
    "warmstore", "workers",
]  # fmt: skip
