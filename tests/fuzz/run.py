"""Attack the parsers for as long as one likes, guided by which lines an input reaches (libFuzzer by atheris).

``python -m tests.fuzz.run [NAME ...] [--minutes M] [--corpus FOLDER]`` gives each parser of parsers.py its
share of the minutes; a second run with the same folder goes on from what the first found. It needs
``pip install atheris``, which the project itself does not. Prints a line for each parser, and exits with 1
where one crashed, hung (longer than ten seconds) or took more than 1 GB; the input stands in the folder. One
that is mended goes, made as small as it can be, to tests/fuzz/found/NAME/.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

WATCHED = [
    "sim.files.yamltext", "sim.files.yamlfile", "sim.inputs.scenario", "sim.inputs.grid",
    "sim.files.expressions", "sim.published.modelfile", "sim.published.markov", "sim.inputs.municipality",
    "sim.inputs.fte", "sim.inputs.municipality_sheet", "sim.inputs.municipality_text",
    "sim.inputs.age_structure", "sim.inputs.care_use", "sim.inputs.sourced", "sim.inputs.named_files",
    "sim.inputs.programme_use",
    "sim.files.workbook", "sim.errors", "calibration.figures.targets", "pages.choices.plan",
    "pages.choices.plan_files", "pages.serving.uploads", "pages.choices.chosen", "pages.choices.link",
    "pages.look.house_style", "sim.inputs.later_years", "sim.model.parameters", "sim.model.formulas",
    "sim.model.extension", "sim.model.processes", "sim.model.catalogue", "sim.published.lookup",
    "sim.published.targets", "sim.report.calibrated_models",
]  # fmt: skip
WORDS = [
    "kind:", "scenario", "model", "grid", "municipality", "programmes", "kinderwerk", "fte",
    "parameters", "value", "policy", "capped", "crowd_out", "shocks", "places", "unlimited", "years",
    "start", "population", "tariffs", "use", "youths", "ages", "transitions", "probability", "rate",
    "from", "to", "rewards", "strategies", "reference", "exp(", "if", "else", "**", "begroting=",
    "aannames=", "eigen=", "~", "$value", "utrecht", "document", "color", "hsl(", "rgb(", "growth", "cycle",
    "state", "persons", "among", "mechanisms", "by_state", "assumed", "lever", "PAR1", "parameter_",
    "[", "{", "&", "*", "|", ">", ":", "-", "2026", "0.5",
]  # fmt: skip
ONE = "--one"


def main() -> None:
    """Share the minutes over the parsers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir()) / "kinderwerk-fuzz")
    asked = parser.parse_args()
    from tests.fuzz.parsers import PARSERS

    names = asked.names or list(PARSERS)
    seconds = max(int(60 * asked.minutes / len(names)), 1)
    wrong = [
        name for name in names if not attacked(name, seconds, asked.corpus / name, PARSERS[name].seeds())
    ]
    raise SystemExit(f"crashed: {', '.join(wrong)}" if wrong else 0)


def attacked(name: str, seconds: int, corpus: Path, seeds: list[bytes]) -> bool:
    """Attack one parser in a process of its own; tell whether it stood."""
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = corpus.parent / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS), encoding="utf-8")
    call = [
        sys.executable, "-m", "tests.fuzz.run", ONE, name, str(corpus), f"-max_total_time={seconds}",
        "-timeout=10", "-rss_limit_mb=1024", "-max_len=20000", "-print_final_stats=1",
        f"-dict={words}", f"-artifact_prefix={corpus.parent}/{name}-",
    ]  # fmt: skip
    done = subprocess.run(call, capture_output=True, text=True, errors="replace", check=False)
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    reached = re.findall(r"cov: (\d+)", done.stderr)
    what = "stood" if done.returncode == 0 else "CRASHED\n" + done.stderr[-2000:]
    inputs = f"{int(runs[1]):,} inputs" if runs else "no inputs"
    print(
        f"{name}: {inputs} in {seconds} s, {reached[-1] if reached else 0} places reached: {what}", flush=True
    )
    return done.returncode == 0


def one(name: str, options: list[str]) -> None:
    """Hand one parser to libFuzzer, which never comes back."""
    import atheris

    with atheris.instrument_imports(include=WATCHED, enable_loader_override=False):
        from tests.fuzz.parsers import PARSERS, tried

    for seed in PARSERS[name].seeds():  # words and names are read once, before anybody counts seconds
        tried(name, seed)
    atheris.Setup([sys.argv[0], *options], lambda content: tried(name, content) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == [ONE]:
        one(sys.argv[2], sys.argv[3:])
    else:
        main()
