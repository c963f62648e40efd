"""Answers, made in the background for all visitors, and the figures and documents of them."""
