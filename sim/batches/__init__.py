"""Many scenarios: units of work, workers here or elsewhere, and the store of results."""
