"""The engine: children live month by month, in a municipality with a budget; measures of what they lived."""

__all__ = [
    "config",
    "counting",
    "history",
    "ledger",
    "plan",
    "population",
    "programmes",
    "simulation",
    "warmup",
]
