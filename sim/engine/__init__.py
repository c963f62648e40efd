"""The engine: children live month by month through the processes, in a municipality with a budget."""

__all__ = ["counting", "history", "ledger", "population", "programmes", "setting", "simulation", "warmup"]
