"""Municipalities: their profile from CBS, and need and access fitted to their figure of use."""
