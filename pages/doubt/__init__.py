"""The parts of the page Onzekerheid."""
