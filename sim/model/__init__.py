"""The model as data: parameters, households, processes and what they cost."""

__all__ = ["catalogue", "parameters", "prices", "priors", "processes", "registration", "transitions"]
