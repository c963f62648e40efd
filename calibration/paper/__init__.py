"""The claims of the policy paper, and what the model answers to each."""
