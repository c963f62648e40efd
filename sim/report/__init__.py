"""Documents about a comparison: one content, three forms (briefing, workbook, CSV)."""

__all__ = [
    "assumptions",
    "content",
    "files",
    "framework",
    "model_files",
    "phrases",
    "provenance",
    "uncertain_models",
]
