"""The parts of the page Vergelijk."""
