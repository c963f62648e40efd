"""Many scenarios: units of work, workers here or elsewhere, and the store of results."""

__all__ = ["batch", "executors", "results", "run_changes", "store"]
