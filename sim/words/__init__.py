"""Results in words, in Dutch and English."""

__all__ = ["future_words", "parameter_words", "population_words", "prior_words", "writing"]
