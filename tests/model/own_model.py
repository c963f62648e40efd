"""A folder that adds to the model: a process, a programme and a measure of one's own, all made up."""

from __future__ import annotations

from pathlib import Path

PROCESSES = """kind: processes
step_shapes: [verzuim.age]
outcomes: {absences: stays_away}
processes:
  verzuim:
    states: [present, away, back]
    transitions:
      - {name: stays_away, from: present, to: away, rate: verzuim.start, age: [verzuim.age],
         by_state: {need: verzuim}}
      - {name: comes_back, from: away, to: back, rate: verzuim.end}
"""
PARAMETERS = """name,value,low,high,unit,scale,grade,rank,source
verzuim.start,0.05,0.02,0.1,per year,log,assumed,,made up
verzuim.age.4,0.0,0.0,0.0,factor,linear,assumed,,made up
verzuim.age.5,1.0,1.0,1.0,factor,linear,assumed,,made up
verzuim.age.18,0.0,0.0,0.0,factor,linear,assumed,,made up
verzuim.moderate,2.0,1.0,4.0,factor,log,assumed,,made up
verzuim.end,2.0,1.0,4.0,per year,log,assumed,,made up
huiswerk.visits_per_fte,3000.0,2000.0,4000.0,visits per FTE per year,log,assumed,,made up
huiswerk.visits_per_child,60.0,40.0,80.0,visits per child per year,log,assumed,,made up
huiswerk.uptake_ceiling,0.3,0.15,0.5,share of children,logit,assumed,,made up
huiswerk.uptake_by_need,1.0,1.0,3.0,uptake of children with need against others,lever,assumed,,made up
huiswerk.stay,18.0,9.0,36.0,months,log,assumed,,made up
huiswerk.build_up,6.0,3.0,12.0,months,log,assumed,,made up
huiswerk.retained,0.6,0.3,1.0,share,linear,assumed,,made up
huiswerk.signalling,1.2,1.0,1.5,rate ratio,log,assumed,,made up
huiswerk.neighbourhood_weight,1.4,1.0,2.0,relative uptake,log,assumed,,made up
huiswerk.outreach_weight,1.4,1.0,2.0,relative uptake,log,assumed,,made up
huiswerk.hiring_delay,4.0,2.0,8.0,months,log,assumed,,made up
huiswerk.turnover,0.15,0.08,0.25,share of workers per year,logit,assumed,,made up
huiswerk.activity_cost,0.0,0.0,0.0,EUR of 2024 per participant per year,linear,assumed,,made up
cost.huiswerk_fte,80000.0,70000.0,90000.0,EUR of 2024 per FTE-year,log,assumed,,made up
"""
PROGRAMMES = """kind: programmes
programmes:
  huiswerk:
    title: {nl: Huiswerkklas, en: Homework class}
    ages: [8, 14]
    targeting: neighbourhood
    price: cost.huiswerk_fte
    mechanisms: [signalling]
    grade: assumed
    source: made up
"""
MEASURES = '''"""Months of absence."""


def measures(history, p):
    away = history.layout.time + history.table.state("verzuim", "away")
    yield ("absence_months", "total", "all"), history.cells[:, :, away, :23].sum(axis=-1)
'''
PARTS = {
    "parameters.csv": PARAMETERS, "processes.yaml": PROCESSES, "programmes.yaml": PROGRAMMES,
    "measures.py": MEASURES,
}  # fmt: skip


def write(folder: Path, **changed: str | None) -> Path:
    """Write the parts into a folder; changed: by first name, what stands there instead (None: no file)."""
    folder.mkdir(exist_ok=True)
    for name, text in PARTS.items():
        content = changed.get(name.partition(".")[0], text)
        if content is not None:
            (folder / name).write_text(content, encoding="utf-8")
    return folder
