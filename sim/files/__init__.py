"""Reading what people write: YAML, workbooks and expressions, every mistake with its place."""

__all__ = ["literal", "numerals", "wording", "yamlfile", "yamltext"]
