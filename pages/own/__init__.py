"""Figures of one's own: the page Eigen cijfers, and the one field beside a municipality."""
