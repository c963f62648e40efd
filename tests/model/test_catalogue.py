"""Programmes are data: what the file says is what runs, and a mistake in it is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.engine.programmes import effect_of
from sim.errors import InputError
from sim.model.catalogue import PROGRAMME_FILE, catalogue, read_catalogue
from sim.model.parameters import default_parameters

SHIPPED = PROGRAMME_FILE.read_text(encoding="utf-8")


def test_each_programme_names_every_parameter_that_its_effect_asks_for() -> None:
    """With nothing but the parameters that it names, its effect can be worked out."""
    shipped = default_parameters()
    for programme in catalogue().values():
        asked: set[str] = set()

        class Watched(dict[str, float]):
            def __missing__(self, name: str) -> float:
                asked.add(name)  # noqa: B023  used within the same turn
                return shipped[name]

        effect_of(programme, Watched(), {})  # type: ignore[arg-type]
        assert asked <= set(programme.parameters)
        assert bool(asked) == bool(programme.mechanisms)


def test_every_parameter_of_a_programme_is_named_by_it_or_is_a_coverage() -> None:
    named = {name for programme in catalogue().values() for name in programme.parameters}
    own = {name for name in default_parameters() if name.partition(".")[0] in catalogue()}
    assert own - named == {"kinderwerk.existing_coverage"}


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("kind: programmes", "kind: programs", "this file needs `kind: programmes`"),
        ("targeting: outreach", "targeting: outreech", "outreech"),
        ("mechanisms: [signalling, access]", "mechanisms: [signalling, acces]", "did you mean 'access'?"),
        ("mechanisms: [signalling, access]", "mechanisms: [recovery]", "no mechanism 'recovery'"),
        ("price: cost.bso_fte", "price: cost.bso", "no parameter 'cost.bso'; did you mean 'cost.bso_fte'?"),
        ("workers: kinderwerk.fte_per_worker", "workers: kinderwerk.fte_per_man",
         "no parameter 'kinderwerk.fte_per_man'; did you mean 'kinderwerk.fte_per_worker'?"),
        ("continues: peuterwerk", "continues: peuter", "no programme 'peuter'; did you mean 'peuterwerk'?"),
        ("ages: [10, 22]", "ages: [10, 23]", "23"),
        ("ages: [10, 22]", "ages: [10]", "2"),
        ("ages: [10, 22]", "ages: [14, 10]", "the first year of age comes before the last"),
        ("nl: Jongerenwerk, en: Youth work", "nl: Jongerenwerk", "en"),
        ("  bso:\n", "  bos:\n", "no parameter 'bos.visits_per_fte'; did you mean 'bso.visits_per_fte'?"),
    ],
)
def test_a_mistake_is_told_with_its_place(right: str, wrong: str, message: str, tmp_path: Path) -> None:
    assert right in SHIPPED
    path = tmp_path / "programmes.yaml"
    path.write_text(SHIPPED.replace(right, wrong, 1), encoding="utf-8")
    changed = next(
        k for k, lines in enumerate(zip(SHIPPED.splitlines(), path.read_text().splitlines(), strict=True))
        if lines[0] != lines[1]
    )  # fmt: skip
    with pytest.raises(InputError) as refused:
        read_catalogue(path)
    told = [problem for problem in refused.value.problems if message.casefold() in problem.message.casefold()]
    assert told
    assert {problem.line for problem in told} <= {changed + 1, changed + 2}
    assert {problem.file for problem in told} == {str(path)}


def test_each_programme_has_a_number_of_its_own() -> None:
    """By it, who comes first to one programme is not who comes first to the others."""
    numbers = [programme.number for programme in catalogue().values()]
    assert numbers == list(range(len(numbers)))
