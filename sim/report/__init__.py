"""Documents about a comparison: one content, three forms (briefing, workbook, CSV)."""

__all__ = [
    "assumptions",
    "calibrated_models",
    "composition",
    "content",
    "crate",
    "files",
    "framework",
    "model_charts",
    "model_files",
    "phrases",
    "provenance",
    "uncertain_models",
]
