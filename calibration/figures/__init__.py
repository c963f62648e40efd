"""Figures to fit to: targets, what the model says of each, and how they are fetched from CBS."""
