"""Reading what people write: YAML, workbooks and expressions, every mistake with its place."""
