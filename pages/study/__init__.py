"""The parts of the page Welk onderzoek loont."""
