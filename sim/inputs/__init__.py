"""What a run starts from: municipalities, budgets in FTE, scenarios and grids of them."""

__all__ = [
    "agegroups",
    "fte",
    "grid",
    "later_years",
    "library",
    "marks",
    "municipality",
    "municipality_sheet",
    "municipality_template",
    "municipality_text",
    "observed",
    "placenames",
    "profiles",
    "scenario",
    "scenario_checks",
    "scenario_files",
]
