"""What to make of paired histories: money, certainty, thresholds, best budgets and fairness."""
