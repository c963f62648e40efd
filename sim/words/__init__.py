"""Results in words, in Dutch and English."""

__all__ = [
    "break_even_words", "future_words", "money_words", "parameter_words", "population_words", "prior_words",
    "writing",
]  # fmt: skip
