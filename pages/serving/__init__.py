"""Before and beside the scripts of pages: responses, bounds on what comes in, files of others."""
