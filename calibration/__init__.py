"""Targets, evidence and the fit of the model to them. Imports sim/; sim/ never imports it."""
