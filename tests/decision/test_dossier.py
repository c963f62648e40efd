"""The dossier: answers that agree with each other and with the sample they come from."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from commands.terminal.decision import shown
from sim.analyses import Appraisal, appraise
from sim.decision import dossier as module
from sim.decision import emulated as more
from sim.decision.dossier import Dossier, Spread, dossier, group_of
from sim.decision.goal import Goal, outcome
from sim.decision.sample import Question, collect
from sim.decision.tables import tables
from sim.decision.value import Estimate
from sim.model.parameters import default_parameters
from sim.progress import Progress
from sim.runs.experiment import Options
from sim.runs.workers import Workers
from tests.worlds import scenario

YEARS = 4
QUESTION = Question((scenario(0, years=YEARS), scenario(36, years=YEARS)), Options(children=1000))


@pytest.fixture(scope="module")
def appraised(tmp_path_factory: pytest.TempPathFactory) -> Appraisal:
    return appraise(
        scenario(0, years=YEARS), scenario(36, years=YEARS), tmp_path_factory.mktemp("appraisal"),
        children=1000, draws=12, threads=1, search=3, budget=1.5e6,
        two_way=("kinderwerk.moderate_need", "cost.kinderwerk_fte"), csv=True,
    )  # fmt: skip


def test_answers_agree_with_each_other(appraised: Appraisal) -> None:
    d = appraised.dossier
    assert d.draws == 12
    cash = next(
        w for w in d.worths if w.perspective == "municipality, cash" and w.discounting.name == "2.25%"
    )
    assert d.best_fit == pytest.approx(next(c["value"] for c in d.cases if c["name"] == "as_shipped"))
    at_nothing = d.acceptable.probability[0, 1]
    assert at_nothing == pytest.approx(cash.ratio.probability)
    assert d.luck == pytest.approx(
        d.spread_luck**2 / (d.spread_parameters**2 + d.spread_luck**2), rel=1e-6
    ) or d.spread_parameters == pytest.approx(0.0)
    costs = np.array([1.0, 3.0, 5.0, 7.0])
    spread = Spread.of(costs, np.ones(4))
    assert (spread.luck_of_a_run, spread.luck) == pytest.approx((1.0, 1.0 / costs.var(ddof=1)))
    assert spread.parameters**2 + 1.0 == pytest.approx(costs.var(ddof=1))
    never = next(p for p in d.paybacks if p["measure"] == "cost_cashable" and p["payer"] == "gemeente")
    assert 1 - never["never"] == pytest.approx(sum(never["shares"].values()))
    assert d.saved_by_pairing is not None
    assert d.saved_by_pairing > 3
    assert [(t.first, t.last) for t in d.terms] == [(2026, 2029)]
    assert {t.name for t in d.thresholds} == {"effect", "reach", "fte", "price"}
    assert len(d.sentences) == 4


def test_who_gains_is_told_by_group_and_neighbourhood(appraised: Appraisal) -> None:
    care, unmet = appraised.dossier.equity
    assert (care.measure, unmet.measure) == ("care_users", "unmet_need")
    groups = {gain.group for gain in care.gains}
    assert {"wijk_kwintiel_1", "wijk_kwintiel_5", "bijstand", "een_ouder"} <= groups
    assert care.before.value > 0
    assert care.change.low is not None


def test_knowledge_is_worth_no_more_than_everything(appraised: Appraisal) -> None:
    known = appraised.dossier.knowledge
    assert not known.emulated
    assert known.accuracy is None
    for _, e in (*known.parameters, *known.groups):
        assert 0 <= e.value <= known.everything.value
    assert sum(row.variance for row in known.debt) == pytest.approx(1.0)
    names = [name for name, _ in known.parameters]
    assert "kinderwerk.recovery_light" not in names  # it shares the luck of another
    assert len(set(names)) == len(names)
    assert sum(row.parameters for row in known.debt) >= len(names)


def test_the_loss_of_the_best_choice_is_what_knowing_everything_is_worth(appraised: Appraisal) -> None:
    curve = appraised.dossier.acceptable
    assert curve.loss.min(axis=1) == pytest.approx(curve.evpi)
    assert curve.thresholds[0] == 0


def test_tables_and_json_hold_the_answers(appraised: Appraisal) -> None:
    data = json.loads(json.dumps(appraised.as_json()))
    assert data["answers"]["draws"] == 12
    assert data["answers"]["acceptability"]["probability"]
    assert data["manifest"]["draws"] == 12
    assert data["best_budget"]["budget"] == 1.5e6
    assert len(data["two_way"]["outcomes"]) == 5
    tables = {Path(path).stem for path in data["tables"]}
    assert tables == {"information", "acceptability", "tornado", "worth"}
    worth = pq.read_table(appraised.folder / "worth.parquet").to_pylist()
    assert len(worth) == 16
    assert (appraised.folder / "worth.csv").exists()
    assert (appraised.folder / "manifest.json").exists()


def test_with_enough_draws_a_surrogate_takes_over(
    monkeypatch: pytest.MonkeyPatch, appraised: Appraisal
) -> None:
    monkeypatch.setattr(more, "ENOUGH", 24)
    monkeypatch.setattr(module, "EMULATED", 300)
    again = appraise(
        scenario(0, years=YEARS), scenario(36, years=YEARS), appraised.folder, children=1000, draws=24,
        threads=1, search=0,
    )  # fmt: skip
    known = again.dossier.knowledge
    assert known.emulated
    assert known.accuracy is not None
    assert known.drawn == 300
    assert again.dossier.thresholds == ()
    sample = collect(QUESTION, 24, appraised.folder, Workers(1))
    fewer = module.knowledge(sample, again.dossier.goal, Workers(1), emulated=100)
    assert (fewer.drawn, fewer.emulated) == (100, True)
    assert fewer.willingness == known.willingness


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"year": 2040}, "year must be from 2026 to 2029"),
        ({"payer": "gemente"}, "did you mean 'gemeente'"),
        ({"two_way": ("kinderwerk.stai", "cost.overhead")}, "did you mean 'kinderwerk.stay'"),
        ({"draws": 0}, "draws must be between 1"),
        ({"draws": 1}, "draws must be 2 or more"),
        ({"threads": 0}, "threads must be between 1"),
    ],
)
def test_impossible_questions_are_refused_before_anything_is_lived(
    wrong: dict[str, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=words):
        appraise(scenario(0), scenario(36), tmp_path / "out", children=500, **{"draws": 3, **wrong})  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_every_parameter_is_about_something() -> None:
    groups = {name: group_of(name) for name in default_parameters()}
    assert groups["kinderwerk.moderate_need"] == "what child work does"
    assert groups["kinderwerk.visits_per_fte"] == "how child work is done"
    assert groups["cost.residentieel"] == "prices and tariffs"
    assert sum(group == "other" for group in groups.values()) < 0.2 * len(groups)


def test_less_care_than_the_luck_of_a_run_is_not_told_as_a_saving(appraised: Appraisal) -> None:
    for term in appraised.dossier.terms:
        assert term.net.value == pytest.approx(term.programmes.value + term.care.value)
    assert np.isfinite(appraised.dossier.unmet_need).all()


def test_deadweight_is_what_the_scenarios_say(appraised: Appraisal, tmp_path: Path) -> None:
    dear = {"discount.deadweight": 0.25}
    found = appraise(
        scenario(0, years=YEARS, parameters=dear), scenario(36, years=YEARS, parameters=dear), tmp_path,
        children=1000, draws=24, threads=1, search=0,
    )  # fmt: skip
    for ours, plain in zip(found.dossier.worths, appraised.dossier.worths, strict=True):
        assert ours.net_present_value.value == pytest.approx(1.25 * plain.net_present_value.value, rel=1e-5)


def test_without_doubt_about_parameters_there_is_nothing_to_know(tmp_path: Path) -> None:
    scenarios = (scenario(0, years=2), scenario(36, years=2))
    options = Options(children=600)
    p = default_parameters()
    sure = p.certain({name: p[name] for name in Question(scenarios, options).uncertain})
    question = Question(scenarios, options, sure)
    assert question.uncertain == ()
    heard: list[Progress] = []
    with Workers(1) as workers:
        d = dossier(
            question, Goal(2027), 12, tmp_path, workers, ("none", "some"),
            heard.append, search=0,
        )  # fmt: skip
    assert d.knowledge.parameters == ()
    assert {bar.name for bar in d.tornado} == set(question.levers)  # nobody doubts these: they are moved
    assert d.best_fit == pytest.approx(outcome(question, Goal(2027), 0)[0].sum())
    draws = [outcome(question, Goal(2027), k)[0].sum() for k in range(1, 13)]
    npv = next(w for w in d.worths if (w.perspective, w.discounting.costs) == ("municipality, cash", 0.0225))
    assert npv.net_present_value.value == pytest.approx(-np.mean(draws), rel=1e-5)
    assert heard[0].text().startswith("first answer, best fit: extra cost +")
    assert any("after 10: extra cost" in now.text() for now in heard)


@pytest.mark.parametrize(
    ("costs", "error", "told"),
    [
        ([1e6] * 9, 1e3, "extra cost +1.0 million, provisional)"),
        ([1e6] * 10, 1e3, "extra cost +1.0 million, back in 0%)"),
        ([3e6, 0.1e6] * 10, 1e3, "extra cost +1.6 million, provisional)"),  # more draws may move zero inside
        ([4e6, -3e6] * 10, 1e3, ": no clear difference in cost, back in 50%)"),
        ([1e6] * 10, float("nan"), ": too few children to tell a difference in cost)"),
    ],
)
def test_what_draws_so_far_say_is_provisional_until_it_stands(
    costs: list[float], error: float, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sampled:
        size = len(costs)

        def difference(self) -> Sampled:
            return self

        draws = tuple(range(1, len(costs) + 1))

    monkeypatch.setattr(Goal, "of", lambda *_: (np.array(costs), np.full(len(costs), error)))
    said = module._so_far(Goal(2027), Sampled())  # type: ignore[arg-type]
    assert said.text().endswith(told)


def test_a_dossier_of_few_draws_gives_no_range_and_no_chance(appraised: Appraisal) -> None:
    def said(draws: int) -> str:
        console = Console(width=300, record=True, file=io.StringIO())
        console.print(shown(replace(appraised.dossier, draws=draws)))
        return console.export_text()

    assert "Provisional: with 9 draws" in said(9)
    assert "best on average" in said(9)
    assert said(9).count("too few draws") > 5
    assert "%" not in said(9).partition("When a payer's money is back")[2].partition("Cost per unit")[0]
    assert "Provisional: with" not in said(10)
    assert said(10).replace("cheaper in too few draws", "").count("too few draws") == 0


def test_what_luck_may_be_all_of_is_not_told(appraised: Appraisal) -> None:
    """With too few children no error is known: neither a bar nor a case has a cost."""
    d = appraised.dossier
    bars = tuple(replace(bar, error=float("nan")) for bar in d.tornado)
    cases = tuple({**case, "mcse": float("nan")} for case in d.cases)
    assert bars
    assert cases

    def untold(one: Dossier) -> int:
        console = Console(width=300, record=True, file=io.StringIO())
        console.print(shown(one))
        return console.export_text().count("cannot be told")

    assert untold(replace(d, tornado=bars, cases=cases)) - untold(d) == 2 * len(bars) + len(cases)


def test_knowledge_that_may_be_worth_more_is_told(appraised: Appraisal) -> None:
    """In the terminal, as data and in the table: of over six parameters nobody can tell what was missed."""
    rows = (("many", Estimate(2e6, 1e5, None, checked=False)), ("twisted", Estimate(1e6, 1e5, 0.3)),
            ("plain", Estimate(3e6, 1e5, 0.0)))  # fmt: skip
    d = replace(appraised.dossier, knowledge=replace(appraised.dossier.knowledge, groups=rows))
    console = Console(width=300, record=True, file=io.StringIO())
    console.print(shown(d))
    lines = console.export_text().splitlines()
    told = {name: next(line for line in lines if name in line) for name, _ in rows}
    assert "may be more" in told["many"]
    assert "more than" in told["twisted"]
    assert "more" not in told["plain"]
    assert [row[1]["checked"] for row in d.as_json()["knowledge"]["groups"]] == [False, True, True]
    table = tables(d)["information"].to_pylist()[-3:]
    assert [(row["missed"], row["checked"]) for row in table] == [(None, False), (0.3, True), (0.0, True)]


def test_scenarios_that_are_the_same_are_equal_in_a_dossier(appraised: Appraisal) -> None:
    d = appraised.dossier
    nothing = replace(d.worths[0].net_present_value, value=0.0, mcse=0.0, draw_error=0.0)
    same = tuple(replace(w, net_present_value=nothing) for w in d.worths)
    curve = replace(d.acceptable, equal=np.ones_like(d.acceptable.equal))
    console = Console(width=300, record=True, file=io.StringIO())
    console.print(shown(replace(d, worths=same, acceptable=curve)))
    text = console.export_text()
    assert text.count("equal") == len(same) + len(range(0, curve.best.size, 4))
    assert set(tables(replace(d, acceptable=curve))["acceptability"]["best"].to_pylist()) == {"equal"}
