"""Published evidence: effects, risks, prices and people; and the steps from effect sizes to parameters."""
