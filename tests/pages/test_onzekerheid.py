"""Onzekerheid: chances that are never certain, findings that come part by part, and words for all of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.background.answers import Answer
from pages.choices.chosen import Choices, pair
from pages.choices.plan import Plan
from pages.doubt import chance, depends, evidence, needed, work
from pages.doubt.work import Findings, find_out, first_names, prune
from pages.look.texts import writing_in
from pages.shared import breakeven
from sim.api import Comparison, compare
from sim.decision.comparison import CASHABLE, MUNICIPAL, Difference
from sim.decision.dossier import Knowledge
from sim.decision.goal import Goal
from sim.decision.payers import lost_in_luck, pockets
from sim.decision.proof import REST, Debt
from sim.decision.sample import Question
from sim.decision.thresholds import Threshold
from sim.decision.value import Estimate
from sim.progress import Progress
from sim.runs.experiment import Options
from tests.opened import once, spaced, unfolded, untitled, words

NL, EN = (writing_in(language).words for language in ("nl", "en"))
PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "onzekerheid.py")
FEW = 600
SHORT = Plan.of(
    {"policy": "deficit", "years": 10, "programmes": {"kinderwerk": {"fte": 36, "ring_fenced": True}}}
)
PAIR = pair(Choices(plan=SHORT))


@pytest.fixture(scope="module")
def patched() -> Iterator[None]:
    """Let everything be found out from very little."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "FIRST", 3)
        patch.setattr(work, "MORE", 5)
        patch.setattr(work, "TURN", 1)
        patch.setattr(work, "TORNADO", 2)
        patch.setattr(work, "_LEVERS", ("moderate_need",))
        yield


class Heard(NamedTuple):
    """What was found out, part by part, and how far it said to be."""

    parts: list[Findings]
    shares: list[float]


@pytest.fixture(scope="module")
def heard(patched: None) -> Heard:
    shares: list[float] = []
    return Heard(list(find_out(PAIR, FEW)(lambda now: shares.append(now.share))), shares)


@pytest.fixture(scope="module")
def parts(heard: Heard) -> list[Findings]:
    return heard.parts


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return compare(list(PAIR), children=FEW, draws=12)


@pytest.fixture
def answer(compared: Comparison) -> Answer:
    runs = list(compared.runs)
    return Answer(scenarios=PAIR, children=FEW, wished=len(runs), first=runs[:1], draws=runs)


def plain(text: object) -> str:
    return str(text).replace("\N{SOFT HYPHEN}", "")


# What is found out


def test_the_quickest_comes_first_and_nothing_known_is_lost(parts: list[Findings]) -> None:
    first, last = parts[0], parts[-1]
    assert first.best is not None
    assert len(first.swings) == 1
    assert not first.cases
    assert first.known is None
    names = ("swings", "cases", "draws")
    for before, after in pairwise(parts):
        for name in names:
            a, b = getattr(before, name), getattr(after, name)
            assert (len(a) if isinstance(a, tuple) else a) <= (len(b) if isinstance(b, tuple) else b), name
    assert [case.name for case, _ in last.cases][:2] == ["as_shipped", "only_cash"]
    assert "all_cashable" not in {case.name for case, _ in last.cases}
    assert last.draws == work.MORE
    assert last.known is not None
    assert len({swing.name for swing in last.swings}) == len(last.swings)


def test_work_that_was_stopped_goes_on_where_it_was(patched: None) -> None:
    class GoneError(Exception):
        pass

    lived: list[str] = []

    def tell(now: Progress) -> None:
        lived.append(now.stage)
        if now.stage == "cases" and lived.count("cases") == 2:
            raise GoneError

    again = find_out(PAIR, FEW)
    with pytest.raises(GoneError):
        list(again(tell))
    swings = lived.count("swings")
    found = next(again(tell))
    assert lived.count("swings") == swings
    assert found.cases
    assert len(found.swings) == 2 + len(found.question.levers)


def test_progress_only_grows(heard: Heard) -> None:
    assert heard.shares[0] == 0.0
    assert max(heard.shares) <= 1.0
    assert np.diff(heard.shares).min() >= -1e-9


def test_what_is_moved_first_is_uncertain_and_moves_alone() -> None:
    question = Question(PAIR, Options(children=FEW))
    names = first_names(question)
    assert "kinderwerk.moderate_need" in names
    assert "cost.kinderwerk_fte" in names
    assert "kinderwerk.recovery_light" not in names  # it goes along with another
    assert set(names) <= {*question.uncertain, *question.levers}
    assert names[-len(question.levers) :] == list(question.levers) == [
        "kinderwerk.fte_per_worker", "kinderwerk.uptake_by_need", "need.to_care",
    ]  # fmt: skip
    half = pair(Choices(effect="half"))
    assert "kinderwerk.effect_exists" not in first_names(Question(half, Options(children=FEW)))


def test_without_child_work_there_is_nothing_to_search(patched: None) -> None:
    youth = Plan.of({"policy": "deficit", "programmes": {"jongerenwerk": {"fte": 10, "ring_fenced": True}}})
    question = Question(pair(Choices(plan=youth)), Options(children=200))
    assert [breakeven.has_workers(one) for one in (*question.scenarios, *PAIR)] == [False] * 3 + [True]
    assert "an_effect_for_sure" not in {case.name for case in work._cases(question)}
    assert any(name.startswith("jongerenwerk.") for name in first_names(question))


def test_draws_on_disk_are_bounded(tmp_path: Path) -> None:
    for k in range(4):
        (tmp_path / f"draws-{k}.bin").write_bytes(b"x" * 100)
        stamp = 1_000_000 + k
        os.utime(tmp_path / f"draws-{k}.bin", (stamp, stamp))
    prune(tmp_path, 250, "draws-0.bin")
    assert {f.name for f in tmp_path.iterdir()} == {"draws-0.bin", "draws-3.bin"}
    prune(tmp_path, 10, "draws-3.bin")
    assert {f.name for f in tmp_path.iterdir()} == {"draws-3.bin"}
    prune(tmp_path / "none", 10, "draws-3.bin")


# What is shown


def test_a_chance_from_draws_is_never_certain(answer: Answer) -> None:
    table = chance.table(answer)
    assert set(table["line"]) == {"cost", "cash"}
    known = table.dropna()
    assert len(known) > 0
    assert known["chance"].between(0.5 / 13, 12.5 / 13).all()
    assert ((known["low"] <= known["chance"]) & (known["chance"] <= known["high"])).all()
    none = known[known["back"] == 0]
    assert (none["low"] == 0).all()
    assert none["high"].to_numpy() == pytest.approx(1 - 0.05 ** (1 / 12))  # what `chance` rounds up to
    d = answer.difference()
    paid = (
        np.cumsum(d.series("cost", "payer", "gemeente") * 1.0225 ** -np.arange(1.0, 11), axis=1) <= 0
    ).sum(axis=0)
    assert list(table[table["line"] == "cost"]["back"]) == paid.tolist()


@pytest.mark.parametrize(
    ("chances", "drawn"),
    [((0.02, 0.04), False), ((0.02, 0.06), True), ((0.96, 0.99), False), ((np.nan, np.nan), False)],
)
def test_a_curve_is_drawn_only_where_a_chance_is_open_and_its_table_always(
    answer: Answer, monkeypatch: pytest.MonkeyPatch, chances: tuple[float, float], drawn: bool
) -> None:
    table = chance.table(answer)
    found = table.assign(chance=np.where(table["line"] == "cost", *chances))
    monkeypatch.setattr(chance, "table", lambda _: found)

    def script(answer: object) -> None:  # stands alone: it is run as a page of its own
        from typing import Any, cast

        from pages.doubt import chance

        chance.show(cast(Any, answer), 10, "reference")

    at = AppTest.from_function(script, kwargs={"answer": answer}, default_timeout=60).run()
    assert not at.exception
    assert len(at.get("vega_lite_chart")) == drawn
    assert len(at.table[0].value) == len(table)


def test_no_chance_where_wie_betaalt_names_none(compared: Comparison) -> None:
    other = compare(list(PAIR), children=FEW, draws=12, seed=1)  # lives that share no luck
    mixed = [
        replace(mine, columns=(mine.columns[0], theirs.columns[1]))
        for mine, theirs in zip(compared.runs, other.runs, strict=True)
    ]
    for runs, is_clear in ((list(compared.runs), True), (mixed, False)):
        answer = Answer(scenarios=PAIR, children=FEW, wished=12, first=runs[:1], draws=runs)
        table = chance.table(answer)
        for line, measure in (("cost", "cost"), ("cash", "cost_cashable")):
            shown = table[table["line"] == line]["chance"].notna().tolist()
            found = [pockets(runs, years, 0.0225) for years in range(1, 11)]
            assert shown == [not lost_in_luck(each, "gemeente", measure, 12) for each in found]
            assert all(shown) is is_clear


@pytest.mark.parametrize(
    ("cost", "cash", "key"),
    [(0, 0, "doubt_chance"), (1, 0, "doubt_chance_cash"), (0, 1, "doubt_chance_cost"),
     (1, 1, "doubt_chance_small")],
)  # fmt: skip
def test_what_is_lost_in_luck_is_said_for_each_way_of_counting(
    answer: Answer, monkeypatch: pytest.MonkeyPatch, cost: int, cash: int, key: str
) -> None:
    lost = {MUNICIPAL: cost, CASHABLE: cash}
    monkeypatch.setattr(Difference, "running", lambda d, label, years, rate: label)
    monkeypatch.setattr(chance, "drowned", lambda label, spent, draws: bool(lost[label]))

    def script(answer: object) -> None:  # stands alone: it is run as a page of its own
        from typing import Any, cast

        from pages.doubt import chance

        chance.show(cast(Any, answer), 10, "reference")

    at = AppTest.from_function(script, kwargs={"answer": answer}, default_timeout=60).run()
    assert not at.exception
    said = at.markdown[0].value.removeprefix("### ")
    told = re.fullmatch(re.sub(r"\\\{\w+\\\}", "(.+?)", re.escape(NL[key])), said)
    assert told is not None
    assert (NL["doubt_chance_gaps"] in words(at)) is bool(cost or cash)
    column = at.table[0].value.iloc[:, 2].map(plain).tolist()
    assert [text == NL["untold"] for text in column] == [bool(cost)] * 10 + [bool(cash)] * 10


def test_a_sentence_says_what_a_worker_may_cost_or_that_no_price_is_low_enough() -> None:
    goal = Goal(2045, measure="cost")
    price = Threshold("price", "euros", goal, 24_649.0, -10.0, 30_000.0, 86_700.0, 86_700.0, 0.0, 0.5, 0.0)
    said = spaced(needed.sentence(price, 20, 2026))
    assert "hoogstens **€ 24.600** per jaar kosten (met andere berekeningen € 0 tot € 30.000)" in said
    assert "Nu gerekend: € 86.700 in 2026, in prijzen van 2024" in said


def known(**changes: Any) -> Knowledge:
    sure = Estimate(20e6, 1e6)
    made = Knowledge(
        90_000.0, 5000, True, 0.8, sure,
        (("kinderwerk.moderate_need", sure), ("need.onset_light", Estimate(1e5, 1e6))),
        (("what child work does", sure), ("the town hall", Estimate(0.0, 0.0))),
        (Debt("assumed", 50, 0.6, None), Debt("calibrated", 100, 0.1, None), Debt("derived", 4, 0.05, None),
         Debt("cited", 2, 0.05, None), Debt(REST, 0, 0.2, None)),
    )  # fmt: skip
    return replace(made, **changes)


def test_the_debt_of_proof_is_what_is_assumed() -> None:
    shares = evidence.by_basis(known())
    assert shares == pytest.approx({"measured": 0.1, "estimated": 0.1, "assumed": 0.6, "luck": 0.2})
    assert sum(shares.values()) == pytest.approx(1.0)


def test_seeing_sooner_and_preventing_stand_apart(parts: list[Findings]) -> None:
    """Each against programmes that do nothing and cost their price; each case is lived by itself."""
    found = parts[-1]

    def script(found: object) -> None:
        from dataclasses import replace
        from typing import Any, cast

        from pages.doubt import depends

        known = cast(Any, found)
        depends.ways(known, replace(known.goal, year=2030), "reference")

    at = AppTest.from_function(script, kwargs={"found": found}, default_timeout=60).run()
    assert not at.exception
    table = at.table[0].value
    assert [plain(cell) for cell in table.iloc[:, 0]] == [
        NL[f"doubt_way_{name}"] for name in ("only_signalling", "no_net_widening", "as_shipped")
    ]
    goal = replace(found.goal, year=2030)
    cases = {case.name: float(goal.blocks(d).sum()) for case, d in found.cases}
    price = cases["no_effect"]
    assert price > 1e6
    for name in depends.WAYS:  # what is left without the price is care, of a few million at most
        assert abs(cases[name] - price) < 0.5 * price


def rendered(show: str, found: object) -> AppTest:
    """Return what one part of the page shows of some findings."""

    def script(show: str, found: object) -> None:
        from pages.doubt import evidence

        getattr(evidence, show)(found, "reference")

    at = AppTest.from_function(script, kwargs={"show": show, "found": found}, default_timeout=60).run()
    assert not at.exception
    return at


def test_what_to_collect_first_is_said_in_words(parts: list[Findings]) -> None:
    at = rendered("collect_first", replace(parts[-1], known=known()))
    assert untitled(at) == []
    assert "Almere" in at.get("vega_lite_chart")[0].proto.spec
    assert "Begin met **wat kinderwerk doet**" in words(at)
    assert "€ 90.000 waard is" in spaced(words(at))
    assert "1. Kinderwerk: nieuwe matige zorgbehoefte bij wie komt" in words(at)
    assert "Ontstaan van lichte zorgbehoefte" not in words(at)  # no more than its own error
    assert "verklaart 80%" in words(at)
    nothing = known(groups=(("what child work does", Estimate(1e5, 2e5)),))
    assert NL["doubt_collect_none"] in words(rendered("collect_first", replace(parts[-1], known=nothing)))
    assert "misschien meer" not in words(at)
    few = known(emulated=False, accuracy=None, drawn=15)
    assert "**Voorlopig**" in words(rendered("collect_first", replace(parts[-1], known=few)))
    assert words(rendered("collect_first", parts[0])) == NL["doubt_coming"]


def test_what_may_be_worth_more_is_said(parts: list[Findings]) -> None:
    groups = (
        ("what child work does", Estimate(20e6, 1e6, None, checked=False)),
        ("the town hall", Estimate(5e6, 1e5, 0.4)),
    )
    at = rendered("collect_first", replace(parts[-1], known=known(groups=groups)))
    assert NL["doubt_more_note"].format(most=6) in words(at)
    amounts = [plain(cell) for cell in at.table[0].value.iloc[:, 1]]
    assert amounts[0] == "20,0, misschien meer"
    assert amounts[1] == "meer dan 5,0"
    assert amounts[2] == "20,0"


def test_luck_stands_apart_from_what_is_not_known(parts: list[Findings]) -> None:
    assert parts[-1].spread is not None
    spread = replace(parts[-1].spread, parameters=8e6, luck_of_a_run=2e6, luck=1 / 17)
    at = rendered("rests_on", replace(parts[-1], known=known(), spread=spread, draws=200))
    assert "een spreiding van € 8,0 mln" in spaced(words(at))
    assert "€ 2,0 mln, ofwel **6%** van alle spreiding (in 200 berekeningen)" in spaced(words(at))
    assert "**60%** van de twijfel" in words(at)


def test_a_value_is_written_with_its_unit_or_as_yes_and_no() -> None:
    assert depends._value("kinderwerk.effect_exists", 1.0) == "ja"
    assert spaced(depends._value("cost.kinderwerk_fte", 86_700.0)) == "€ 86.700"
    assert depends._value("kinderwerk.visits_per_fte", 4160.0).startswith("4.160 ")


# The page


@pytest.mark.usefixtures("patched")
def test_the_page_shows_every_part_once_it_is_found() -> None:
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.query_params.update({"zeker": "75", "termijn": "10", "begroting": SHORT.code()})
    at.query_params.update(unfolded("onzekerheid"))
    at.run()
    parts = "keer andere aannames", "met **75%** zekerheid"  # the first may be there at once

    def whole() -> bool:
        coming = NL["doubt_coming"] in words(at) or at.get("progress")
        return not coming and all(part in words(at) for part in parts)

    once(at, whole)
    assert not at.error
    assert at.get("vega_lite_chart")
    assert untitled(at) == []
    told = words(at)
    assert any(text in told for text in ("Na 10 jaar (t/m 2035)", "te klein om te zien", "geen duidelijk"))
    assert "met **75%** zekerheid" in told
    assert "**Prijs**" in told
    assert NL["even_note"].split("{")[0] in told  # the map, once all of its runs are there
    cases = next(t.value for t in at.table if plain(t.value.columns[0]) == NL["doubt_col_case"])
    assert plain(cases.iloc[0, 0]) == NL["doubt_case_as_shipped"]
    assert cases.shape == (10, 3)
    apart = next(t.value for t in at.table if plain(t.value.columns[0]) == NL["doubt_col_way"])
    assert apart.shape == (3, 4)
    assert NL["doubt_preliminary"][:13] in told
    assert "Hulp nodig, niet gekregen in 2035" in told
    assert re.search("termijn=10&zeker=75", at.code[0].value)
    chances = next(t.value for t in at.table if plain(t.value.columns[0]) == NL["doubt_counting"])
    assert isinstance(chances, pd.DataFrame)
    assert chances[plain("Kans op terugverdienen")].str.match("kleiner dan|groter dan|ongeveer").all()
