"""Results in words, in Dutch and English."""
