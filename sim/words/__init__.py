"""Results in words, in Dutch and English."""

__all__ = ["parameter_words", "prior_words", "writing"]
