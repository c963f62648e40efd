"""What to make of paired histories: money, certainty, thresholds, best budgets and fairness."""

__all__ = [
    "appraisal",
    "breakeven",
    "budget",
    "design",
    "dossier",
    "equity",
    "firm",
    "goal",
    "headline",
    "learning",
    "level_by_year",
    "model_uncertainty",
    "money",
    "payers",
    "place",
    "sample",
    "sensitivity",
    "study",
    "tables",
    "thresholds",
]
