"""Reading what people write: YAML, workbooks and expressions, every mistake with its place."""

__all__ = ["archive", "literal", "numerals", "wording", "yamlfile", "yamltext"]
