"""Reading what people write: YAML, workbooks and expressions, every mistake with its place."""

__all__ = ["literal", "numerals", "translation", "wording", "yamlfile", "yamltext"]
