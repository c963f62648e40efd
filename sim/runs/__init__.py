"""Runs of scenarios: draws, replications, pairs of runs on common random numbers, twins."""
