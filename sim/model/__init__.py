"""The model as data: parameters, households, processes and what they cost."""

__all__ = [
    "catalogue", "futures", "parameters", "prices", "priors", "processes", "registration", "transitions",
]  # fmt: skip
