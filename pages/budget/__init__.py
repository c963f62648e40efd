"""The budget in hand: its controls and its outcome, the same on every page that has them."""
