"""Runs of scenarios: draws, replications, twins."""

__all__ = [
    "experiment", "life_events", "lifelines", "lives", "panel", "panel_files", "past", "scenario_notes",
    "threads", "twins", "warmstore", "workers",
]  # fmt: skip
