"""The engine: children live month by month through the processes, in a municipality with a budget."""

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
