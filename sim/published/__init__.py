"""State-transition models of others, run as an exact cohort and as a microsimulation."""

__all__ = ["cohort", "source", "template"]
