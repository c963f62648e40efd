"""The claims of the position paper: each has its files, words and answer, and figures never stand bare."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from calibration.paper import write as paper
from calibration.paper.answers import waits
from calibration.paper.claims import CLAIMS, path_of, reference_of, scenario_of
from calibration.paper.kept import ClaimKept, model_now, shipped
from calibration.paper.people import forty
from calibration.paper.runs import ATTENDANCE, PARTED, WHOLE, Laboratory, Pair, Size, who_comes
from calibration.paper.telling import ChangeTold, Count, Said, SpreadTold, Value, spread_of, told
from calibration.paper.words import ClaimAnswer, short
from pages.look.texts import writing_in
from sim.decision.comparison import Figure
from sim.decision.headline import USERS
from sim.inputs.grid import load_grid
from sim.inputs.library import registry
from sim.machine.project import SCENARIOS
from sim.model.parameters import default_parameters
from sim.runs.experiment import Options
from sim.runs.warmstore import WarmStore

TINY = Size(600, draws=2, everyone=1, waits_of=600, country=2000, country_draws=2, knowledge=0, again=False)
WRITING = {"en": paper.english(), "nl": writing_in("nl")}
ENGLISH = WRITING["en"].words


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    from sim.engine.config import Inline

    return Laboratory(TINY, Inline(), WarmStore(tmp_path_factory.mktemp("warm")))


def test_every_claim_has_files_words_and_an_answer() -> None:
    keys = [claim.key for claim in CLAIMS]
    assert len(set(keys)) == len(keys) == len(paper.ANSWERS)
    for claim in CLAIMS:
        assert claim.key in paper.ANSWERS
        for kind in ("claim", "works", "limit"):
            assert ENGLISH[f"gal_{kind}_{claim.key}"]
        for file in claim.files:
            scenario = scenario_of(file)
            reference = reference_of(scenario)
            if reference is not None:
                assert reference.municipality == scenario.municipality
        for grid in claim.grids:
            assert len(load_grid(path_of(grid), registry())) >= 3


def test_every_scenario_that_ships_stands_for_a_claim_or_is_what_one_is_compared_with() -> None:
    named = {path_of(file) for claim in CLAIMS for file in (*claim.files, *claim.grids)}
    against = {reference_of(scenario_of(file)) for claim in CLAIMS for file in claim.files}
    named |= {scenario.path for scenario in against if scenario is not None and scenario.path}
    others = ("published", "toekomst", "beleid")  # models of papers, futures and policies: no claims
    folders = [folder for folder in SCENARIOS.iterdir() if folder.is_dir() and folder.name not in others]
    shipped = {path for folder in folders for path in folder.glob("*.yaml")}
    references = {path for path in shipped if path.name in ("geen.yaml", "huidig.yaml")}
    assert shipped - named - references == set()


@pytest.mark.parametrize("folder", ["tilburg", "hilversum", "deventer", "den-haag", "eindhoven", "hoorn",
                                    "apeldoorn", "haarlem", "rotterdam"])  # fmt: skip
def test_a_municipality_without_local_figures_says_so_in_each_of_its_files(folder: str) -> None:
    files = list((SCENARIOS / folder).glob("*.yaml"))
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "GEEN LOKALE CIJFERS" in text
        assert "niets over een organisatie" in text


FIGURE = Figure(value=-12.0, mcse=2.0, low=-30.0, high=4.0, p_positive=0.15)


def english(value: Value) -> str:
    return told(value, WRITING["en"])


def test_a_figure_is_told_with_its_range() -> None:
    assert english(ChangeTold(FIGURE)) == "no clear difference (30 fewer to 4 more)"
    fewer = ChangeTold(replace(FIGURE, high=-1.0))
    assert english(fewer) == "12 fewer (in 9 of 10 computations 1 to 30)"
    assert told(fewer, WRITING["nl"]) == "12 minder (in 9 van de 10 berekeningen 1 tot 30)"
    more = ChangeTold(Figure(9.04e6, 1.0, 2.0e6, 20.0e6, 0.9), money=True)
    assert english(more) == "9.0 million euros more (in 9 of 10 computations 2.0 to 20.0)"
    either = ChangeTold(Figure(1e6, 1.0, -2.0e6, 4.0e6, 0.9), money=True)
    assert english(either) == "no clear difference (2.0 million euros less to 4.0 million euros more)"
    assert english(ChangeTold(Figure(0.0, 0.0, 0.0, 0.0, 0.0))) == "no difference"
    assert english(ChangeTold(Figure(-9.0, 1.0, -12.0, -7.0, 0.0, 4))) == "9 fewer (provisional)"
    assert english(ChangeTold(Figure(-0.2, 0.0, -0.4, -0.1, 0.0))).startswith("almost 0")
    assert short(FIGURE) == "no clear difference (-30 to +4)"
    assert short(replace(FIGURE, high=-1.0)) == "-12 (-30 to -1)"


def test_what_is_below_two_errors_is_never_a_number() -> None:
    small = Figure(value=-12.0, mcse=7.0, low=-30.0, high=4.0, p_positive=0.15)
    assert english(ChangeTold(small)) == "too small to tell (30 fewer to 4 more)"
    assert short(small) == "too small (-30 to +4)"
    assert short(replace(small, low=None, high=None)) == "too small (-26 to +2)"  # two errors of luck
    assert short(replace(small, value=0.1, low=-0.2, high=0.4)) == "almost 0"
    assert short(replace(FIGURE, value=2.0, mcse=0.1, low=-0.2, high=4.0)) == "no clear difference (0 to +4)"
    tiny = replace(FIGURE, value=-0.2, mcse=0.01, low=-0.4, high=-0.1)
    assert short(tiny) == short(replace(tiny, low=None, high=None)) == "almost 0"
    assert short(None) == "-"


def test_few_draws_have_no_range() -> None:
    many, few, one = (spread_of(np.arange(float(n))) for n in (21, 3, 1))
    assert english(many) == "10 (in 9 of 10 computations 1 to 19)"
    assert english(few) == "1 (provisional)"
    assert english(one) == "0"
    assert english(SpreadTold(0.5, 0.25, 0.75, 20, share=True)) == "50% (in 9 of 10 computations 25% to 75%)"


def test_a_pair_is_run_once_and_as_cheaply_as_it_may_be(lab: Laboratory) -> None:
    first = lab.pair("almere/huidig")
    assert lab.pair("almere/huidig") is first
    assert lab.done[-1].how == PARTED
    assert [scenario for scenario, _ in lab.done[-1].scenarios] == ["almere/geen.yaml", "almere/huidig.yaml"]
    lab.pair("argumenten/wachtlijsten-met-kinderwerk")
    assert lab.done[-1].how == WHOLE
    assert first.after(20).programme_cost > 10e6
    assert first.fte("kinderwerk")[-1] > 25
    with pytest.raises(ValueError, match="names no reference"):
        lab.pair("almere/geen")


def test_a_pair_of_which_luck_hides_a_figure_is_lived_again_with_every_child(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    few = lab.pair("almere/huidig")

    def lived(both: object, options: Options) -> Pair:
        asked.append(options.children)
        return few

    searching = Laboratory(replace(TINY, again=True), lab.pool, lab.store)
    monkeypatch.setattr(searching, "_lived", lived)
    for hidden, sizes in ((True, [TINY.children, None]), (False, [TINY.children])):
        monkeypatch.setattr(Pair, "hidden_by_luck", hidden)
        searching.pair("almere/huidig")
        assert asked == sizes
        asked.clear()
        searching.known.clear()


def test_luck_hides_a_figure_that_lies_within_two_of_its_errors(lab: Laboratory) -> None:
    pair = lab.pair("almere/huidig")
    noisy = replace(pair.d, run_mcse=np.full_like(pair.d.run_mcse, 1e9))
    exact = replace(pair.d, run_mcse=np.zeros_like(pair.d.run_mcse))
    assert replace(pair, d=noisy).hidden_by_luck
    assert not replace(pair, d=exact).hidden_by_luck


def test_who_was_looked_at_without_a_life_is_listed_too_and_once(lab: Laboratory) -> None:
    for _ in range(2):
        lab.comes("argumenten/bso-in-plaats-van-kinderwerk", "bso")
    assert [done.scenarios[0][0] for done in lab.done if done.how == ATTENDANCE] == [
        "argumenten/bso-in-plaats-van-kinderwerk.yaml"
    ]


def test_how_many_wait_is_told_with_what_changes_in_it(lab: Laboratory) -> None:
    words = english(waits(lab.pair("argumenten/wachtlijsten-met-kinderwerk")))
    assert re.fullmatch(r"In year 10 [\d,]+ youths wait without child work. With child work: .+\.", words)


def test_both_directions_of_the_forty_percent_stand_together(lab: Laboratory) -> None:
    answer = forty(lab)
    short_answer = " ".join(english(one) for one in answer.said)
    assert len(re.findall(r"The other way round", short_answer)) == 2
    assert "The paper says 40 percent" in short_answer
    rows = [
        line for line in answer.body.splitlines() if line.startswith("| first") or line.startswith("| early")
    ]
    assert len(rows) == 2
    for row in rows:
        before, reverse, without = (int(re.search(r"\d+", cell)[0]) for cell in row.split("|")[2:5])  # type: ignore[index]
        assert before > reverse > without > 0


def test_living_rooms_and_the_bso_reach_others_than_child_work_today(lab: Laboratory) -> None:
    now, many = who_comes("almere/huidig", "kinderwerk", 6000, lab.pool)
    rooms, _ = who_comes("almere/huiskamers", "kinderwerk", 6000, lab.pool)
    bso, _ = who_comes("argumenten/bso-in-plaats-van-kinderwerk", "bso", 6000, lab.pool)
    assert now.sum() == pytest.approx(1.0)
    assert rooms[4] > now[4] + 0.05
    assert bso[3:].sum() < 0.4 < now[3:].sum()
    assert 5_000 < many < 60_000


def test_the_page_puts_every_claim_beside_its_answer_and_its_limit(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from calibration.paper.words import ClaimAnswer

    told_of: list[str] = []

    def answer(key: str):  # type: ignore[no-untyped-def]
        def give(_: Laboratory) -> ClaimAnswer:
            told_of.append(key)
            lab.pair("almere/huidig")
            return ClaimAnswer((Said("paid", {"years": Count(4), "net": Count(7)}),), f"figures of {key}")

        return give

    monkeypatch.setattr(paper, "ANSWERS", {claim.key: answer(claim.key) for claim in CLAIMS})
    lab.pair("almere/dubbel")
    answers, kept = paper.answered(lab)
    text = paper.page(lab, answers)
    assert kept.size == TINY
    for claim in CLAIMS:  # what others used is no part of it
        assert [name for done in kept.claims[claim.key].runs for name, _ in done.scenarios] == [
            "almere/geen.yaml", "almere/huidig.yaml",
        ]  # fmt: skip
        assert kept.claims[claim.key].sizes == ((600, 2),)
    assert told_of == [claim.key for claim in CLAIMS]
    for claim in CLAIMS:
        row = next(
            line for line in text.splitlines() if line.startswith(f"| {ENGLISH[f'gal_claim_{claim.key}']}")
        )
        assert "What the municipality pays on balance in 4 years: 7." in row
        assert ENGLISH[f"gal_limit_{claim.key}"] in row
        assert f"figures of {claim.key}" in text
    runs = text[text.index("## Runs") :]
    assert scenario_of("almere/huidig").sha256[:12] in runs
    assert "seed 0" in runs
    assert "| 600 | 2 |" in runs


def test_the_page_that_ships_is_of_these_claims() -> None:
    """Somebody has to run it: this sees that no claim, scenario or parameter changed without that."""
    text = paper.PAGE.read_text(encoding="utf-8")
    for claim in CLAIMS:
        assert ENGLISH[f"gal_claim_{claim.key}"] in text
    assert f"parameters {default_parameters().sha256()[:12]}," in text
    digests = dict(re.findall(r"`([\w-]+/[\w.-]+\.yaml)` ([0-9a-f]{12})", text))
    for claim in CLAIMS:
        for kind in ("works", "limit"):
            assert ENGLISH[f"gal_{kind}_{claim.key}"] in text
        for file in claim.files:
            assert f"{file}.yaml" in digests
        for grid in claim.grids:
            assert digests.pop(f"{grid}.yaml") == sha256(path_of(grid).read_bytes()).hexdigest()[:12], grid
    for file, digest in digests.items():  # with what each was compared with
        assert scenario_of(file.removesuffix(".yaml")).sha256[:12] == digest, file


def test_the_page_that_ships_tells_what_is_kept_in_the_words_of_today() -> None:
    page = paper.PAGE.read_text(encoding="utf-8")
    assert paper.told_anew(page, shipped().claims) == page
    assert paper.told_anew(page.replace("no clear difference", "nothing", 1), shipped().claims) == page


def test_what_is_kept_is_of_the_model_of_today_only_where_it_says_the_same(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(lab: Laboratory) -> ClaimAnswer:
        users = lab.pair("almere/huidig").figure(USERS, 10)
        return ClaimAnswer((Said("gal_said_almere", {"users": ChangeTold(users)}),), "")

    monkeypatch.setitem(paper.ANSWERS, "almere", answer)
    lab.begin()
    kept = replace(
        shipped(),
        model={"engine": "of before"},
        claims={**shipped().claims, "almere": ClaimKept(answer(lab).said, tuple(lab.used))},
    )
    now = paper.confirmed(lab, kept, ["almere"])
    assert now == replace(kept, model=model_now())
    other = replace(kept, claims={**kept.claims, "almere": shipped().claims["almere"]})
    with pytest.raises(ValueError, match="almere has another answer now"):
        paper.confirmed(lab, other, ["almere"])


def test_one_claim_is_answered_anew_and_the_rest_of_the_page_stays(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(paper.ANSWERS, "bso", lambda _: ClaimAnswer((Said("gal_said_never"),), "Nieuw."))
    before = paper.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(paper, "told_anew", lambda text, _: text)
    kept, after = paper.again(lab, shipped(), before, ["bso"])
    assert kept.claims["bso"].said == (Said("gal_said_never"),)
    assert {**kept.claims, "bso": None} == {**shipped().claims, "bso": None}
    old, new = (dict(part.split("\n", 1) for part in page.split("\n## ")[1:]) for page in (before, after))
    title = ENGLISH["gal_claim_bso"]
    assert new[title].endswith("\n\nNieuw.\n")
    assert {**new, title: ""} == {**old, title: ""}
