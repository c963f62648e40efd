"""What a run starts from: municipalities, budgets in FTE, scenarios and grids of them."""
