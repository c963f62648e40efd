"""What to make of paired histories: money, certainty, thresholds, best budgets and fairness."""

__all__ = [
    "appraisal",
    "breakeven",
    "budget",
    "dossier",
    "equity",
    "firm",
    "goal",
    "headline",
    "level_by_year",
    "model_uncertainty",
    "money",
    "payers",
    "place",
    "sample",
    "sensitivity",
    "tables",
    "thresholds",
]
