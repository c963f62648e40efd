"""Documents about a comparison: one content, three forms (briefing, workbook, CSV)."""
