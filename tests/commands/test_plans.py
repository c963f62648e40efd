"""The verbs of plans: what `check` says, and that other verbs tell the same of a scenario."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sim.engine import config
from sim.runs import idle
from tests.terminal import ALMERE, FEW, GOOD, ROOT, call

NOTED = GOOD + "shocks:\n  - {kind: budget_cut, start: 2026, size: 0.5}\n"
SAYS = "plan.yaml:9:5: note: this budget cut does nothing: all work is ring-fenced"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    (tmp_path / "plan.yaml").write_text(NOTED, encoding="utf-8")
    return tmp_path / "plan.yaml"


def test_check_tells_what_does_nothing_and_finds_no_mistake(plan: Path) -> None:
    done = call("check", plan)
    assert done.returncode == 0
    assert SAYS in done.stderr
    assert done.stderr.endswith("No mistakes; 1 note above.\n")
    plan.write_text(GOOD, encoding="utf-8")
    assert call("check", plan).stderr == "All well.\n"


def test_check_tells_notes_beside_mistakes(plan: Path) -> None:
    (plan.parent / "bad.yaml").write_text(GOOD.replace("36", "-3"), encoding="utf-8")
    done = call("check", plan.parent)
    assert done.returncode == 2
    assert SAYS in done.stderr
    assert "bad.yaml:7:10: must be 0 or more, found -3" in done.stderr
    assert "No mistakes" not in done.stderr


def test_check_refuses_a_reference_that_cannot_be_compared_with(plan: Path) -> None:
    (plan.parent / "geen.yaml").write_text(GOOD.replace("Almere", "Tilburg"), encoding="utf-8")
    plan.write_text(GOOD + "reference: geen.yaml\n", encoding="utf-8")
    done = call("check", plan)
    assert done.returncode == 2
    assert "plan.yaml:8:12: the reference cannot be used: scenarios are compared on the same" in done.stderr


def test_run_compare_and_batch_tell_it_too(plan: Path) -> None:
    out = plan.parent.parent / f"{plan.parent.name}-out"
    done = call("run", plan, "--out", out / "run", *FEW, "--json")
    assert SAYS in done.stderr
    assert done.stdout.startswith("{")
    done = call("compare", plan, "--reference", "scenarios/almere/geen.yaml", "--out", out / "compare", *FEW)
    assert done.returncode == 2  # other years, which is told after the notes
    assert SAYS in done.stderr
    done = call("batch", plan.parent, "--out", out / "batch", "--children", "50", "--workers", "1")
    assert done.returncode == 0
    assert SAYS in done.stderr


def test_who_has_no_checkout_gets_the_scenarios_that_ship(tmp_path: Path) -> None:
    done = call("scenarios", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "Wrote scenarios\n")
    assert (tmp_path / "scenarios" / "almere" / "huidig.yaml").is_file()
    again = call("scenarios", cwd=tmp_path)
    assert again.returncode == 2
    assert "not overwritten" in again.stderr


def test_check_tells_a_named_prior_and_compare_that_beliefs_differ(tmp_path: Path) -> None:
    (tmp_path / "geen.yaml").write_text(GOOD.replace("36", "0"), encoding="utf-8")
    (tmp_path / "near.yaml").write_text(GOOD + "prior: nearest\nreference: geen.yaml\n", encoding="utf-8")
    done = call("check", tmp_path / "near.yaml")
    assert done.returncode == 0
    assert "near.yaml: effect of child work: as in trials" in done.stderr
    assert "0.91 times that of others (95%: 0.71 to 1.15)" in done.stderr
    assert call("check", tmp_path / "geen.yaml").stderr == "All well.\n"
    done = call("compare", tmp_path / "near.yaml", "--out", tmp_path / "out", *FEW)
    assert done.returncode == 0
    told = " ".join(done.stdout.split())  # lines are as wide as the terminal
    assert "The scenarios differ in what they believe of child work" in told
    assert "0.91 times that of others (95%: 0.71 to 1.15)" in told
    assert "a 25% chance of no effect" in told


def test_json_and_the_manifest_hold_the_prior(tmp_path: Path) -> None:
    (tmp_path / "near.yaml").write_text(GOOD + "prior: nearest\n", encoding="utf-8")
    done = call("run", tmp_path / "near.yaml", "--out", tmp_path / "out", *FEW, "--json")
    found = json.loads(done.stdout)["headline"]
    assert found["priors"]["near"]["prior"] == "nearest"
    need = found["priors"]["near"]["parameters"]["kinderwerk.moderate_need"]
    assert need["interval"][0] < need["value"] < need["interval"][1]
    kept = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["scenarios"]["near"]
    assert kept["prior"] == kept["data"]["prior"] == "nearest"


def test_check_run_and_compare_tell_a_named_future(tmp_path: Path) -> None:
    (tmp_path / "geen.yaml").write_text(GOOD.replace("36", "0"), encoding="utf-8")
    (tmp_path / "ark.yaml").write_text(GOOD + "future: van_ark\nreference: geen.yaml\n", encoding="utf-8")
    done = call("check", tmp_path / "ark.yaml")
    assert done.returncode == 0
    assert "ark.yaml: future: as the Deskundigencommissie Jeugd expects" in done.stderr
    done = call("compare", tmp_path / "ark.yaml", "--out", tmp_path / "out", *FEW)
    assert done.returncode == 0
    told = " ".join(done.stdout.split())
    assert "The scenarios differ in how youth care grows" in told
    assert "3.7% (0.1% to 7.4%)" in told
    done = call("run", tmp_path / "geen.yaml", "--out", tmp_path / "usual", *FEW)
    assert "Future" not in done.stdout
    done = call("run", tmp_path / "ark.yaml", "--out", tmp_path / "named", *FEW, "--json")
    assert json.loads(done.stdout)["headline"]["futures"]["ark"]["future"] == "van_ark"
    kept = json.loads((tmp_path / "named" / "manifest.json").read_text(encoding="utf-8"))["scenarios"]["ark"]
    assert kept["future"] == kept["data"]["future"] == "van_ark"


PEOPLE = "municipality,year,age,growth\nAlmere,2026,0-22,1\nAlmere,2036,0-22,1.25\n"


def test_check_run_and_compare_tell_a_population(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "geen.yaml").write_text(GOOD.replace("36", "0"), encoding="utf-8")
    more = GOOD + "population: people.csv\n"
    (tmp_path / "more.yaml").write_text(more, encoding="utf-8")
    (tmp_path / "none.yaml").write_text(more.replace("36", "0"), encoding="utf-8")
    done = call("check", tmp_path / "more.yaml")
    assert done.returncode == 0
    assert "more.yaml: population: youths of 0-22 from people.csv: " in done.stderr
    done = call("compare", tmp_path / "none.yaml", tmp_path / "more.yaml", "--out", tmp_path / "out", *FEW)
    assert done.returncode == 0
    assert "Population: youths of 0-22 from people.csv: " in " ".join(done.stdout.split())
    done = call("run", tmp_path / "more.yaml", "--out", tmp_path / "more", *FEW, "--json")
    found = json.loads(done.stdout)["headline"]["populations"]["more"]
    years = list(found["youths"].values())
    assert found["population"] == "people.csv"
    assert years[0] < years[-1]
    kept = json.loads((tmp_path / "more" / "manifest.json").read_text(encoding="utf-8"))["scenarios"]["more"]
    assert kept["population"] == kept["data"]["population"]["source"] == "people.csv"
    done = call("compare", tmp_path / "geen.yaml", tmp_path / "more.yaml", *FEW)
    assert done.returncode == 2
    assert "the population of later years is another here than in" in done.stderr
    done = call("run", tmp_path / "geen.yaml", "--out", tmp_path / "usual", *FEW)
    assert "Population" not in done.stdout


def test_a_mistake_in_a_population_is_one_error_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE.replace("Almere,2036", "Almeer,2036"), encoding="utf-8")
    (tmp_path / "plan.yaml").write_text(GOOD + "population: people.csv\n", encoding="utf-8")
    for verb in ("check", "run"):
        done = call(verb, tmp_path / "plan.yaml")
        assert done.returncode == 2
        assert done.stderr.count("plan.yaml:8:13:") == 1
        assert "people.csv:3:1: unknown municipality 'Almeer'; did you mean" in done.stderr


def test_an_unknown_future_is_one_error_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(GOOD + "future: van_arc\n", encoding="utf-8")
    for verb in ("check", "run"):
        done = call(verb, tmp_path / "plan.yaml")
        assert done.returncode == 2
        assert done.stderr.count("plan.yaml:8:9:") == 1
        assert "'van_ark'" in done.stderr


def test_check_needs_no_compiler() -> None:
    """Which takes longer to import than all else: nothing of the engine is asked for a usual scenario."""
    words = f"import sys; sys.modules['numba'] = None; sys.argv[1:] = {['check', str(ALMERE[1])]}; "
    line = [sys.executable, "-c", words + "import cli; cli.main()"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "All well.\n")
    assert idle.EXISTING == config.EXISTING
