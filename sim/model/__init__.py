"""The model as data: parameters, households, processes and what they cost."""

__all__ = [
    "catalogue", "extension", "futures", "parameters", "prices", "priors", "processes", "registration",
    "structures", "transitions",
]  # fmt: skip
