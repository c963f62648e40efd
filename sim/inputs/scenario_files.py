"""Checking scenario files and folders, and writing a new file to start from."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from sim.errors import InputError, Problem, SimulationError
from sim.faults import fault
from sim.files.yamlfile import KINDS, SUFFIXES, Document, in_order, load_document
from sim.files.yamltext import decode, plain_value, read_bytes
from sim.inputs.municipality import municipality_from_document
from sim.inputs.named_files import is_file, is_table
from sim.inputs.registry import Registry
from sim.inputs.scenario import Scenario, load_scenario, scenario_from_document
from sim.machine.project import SCENARIOS
from sim.machine.whole import written_whole

Reader = Callable[[Path], object]


def check_path(
    path: str | Path,
    registry: Registry | None = None,
    readers: Mapping[str, Reader] | None = None,
    take: Callable[[Document, object], None] = lambda *_: None,
) -> list[Problem]:
    """Return every problem in an input file, or in all input files in a folder and below it.

    Scenarios and municipalities are checked in full. A file of another kind is checked by the function that
    `readers` has for its kind (which raises InputError); without one it need only be readable. take: hears
    of each file in which nothing is wrong, and what was read from it.
    """
    path = Path(path)
    if not os.path.isdir(path):
        return _check_file(path, registry, readers or {}, take)
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and not file.is_dir())
    if not files:
        return [Problem.at(path, fault("no_yaml_in_folder"))]
    return in_order(problem for file in files for problem in _check_file(file, registry, readers or {}, take))


def _check_file(
    path: Path,
    registry: Registry | None,
    readers: Mapping[str, Reader],
    take: Callable[[Document, object], None],
) -> list[Problem]:
    try:
        document = load_document(path, tuple(KINDS))
        if document.data["kind"] == "scenario":
            take(document, scenario_from_document(document, registry))
        elif document.data["kind"] == "municipality":
            take(document, municipality_from_document(document, registry))
        elif document.data["kind"] in readers:
            take(document, readers[document.data["kind"]](path))
    except InputError as error:
        return list(error.problems)
    return []


_TEMPLATE = """\
# Een scenario: een keuze over geld en beleid voor een gemeente (of heel Nederland).
# Pas de waarden aan en kijk het na met:   kinderwerk check BESTAND
# Reken het door met:                      kinderwerk run BESTAND
# Alles na een # is uitleg. Schrijf decimalen met een punt (12.5) en spring in met spaties.

kind: scenario                # soort bestand, altijd zo laten staan

# Een naam van een regel, die in tabellen en grafieken komt.
title: Mijn scenario

# Vrije toelichting (mag weg).
description: Wat gebeurt er als wij dit doen?

# Waarmee vergelijken? Een ander scenariobestand, gezien vanuit de map van dit bestand (mag weg).
# reference: geen.yaml

# De gemeente, of Nederland. Staat ze er niet bij, of zijn er eigen cijfers: de naam van een bestand
# (gemeente.yaml), gezien vanuit de map van dit bestand. Zo'n bestand maakt: kinderwerk data municipality NAAM
municipality: {municipality}

start: 2026                   # eerste jaar (2015 tot en met 2060)
years: 20                     # aantal jaren (0 tot en met 60)

# Wat gebeurt er als de jeugdzorg meer kost dan begroot?
#   deficit    het tekort wordt alleen gemeld
#   crowd_out  een deel gaat af van ongeoormerkt geld voor vroeg signaleren, vroeg doen
#   capped     er zijn vaste aantallen plaatsen, dus wachtlijsten
policy: crowd_out

# Wat van het effect van kinderwerk wordt geloofd (mag weg). Geef scenario's die u vergelijkt hetzelfde.
#   assumed      zoals in het model: een aanname waar geen effect in zit (zo gaat het als er niets staat)
#   sceptical    gemiddeld geen effect
#   nearest      zoals in onderzoek naar werk dat er het meest op lijkt
#   favourable   zoals in gunstig onderzoek, naar training en mentoren
# prior: sceptical

# Hoe de jeugdzorg groeit zonder dat iemand er iets aan doet (mag weg). Geef scenario's die u vergelijkt
# hetzelfde. Groei per jaar van jeugdigen en van kosten voor elk, boven de inflatie:
#   model_today        0% en 1% (zo gaat het als er niets staat)
#   flat               niets groeit
#   almere             1,5% en 0%, tot en met 2029
#   almere_long        1% en 2,5%, tot en met 2050
#   van_ark            1% en 3,7%, tot en met 2035
#   history_2019_2024  0,2% en 3,5%, tot en met 2031
#   history_2015_2024  1,8% en 4,3%, tot en met 2035
# future: van_ark

# Hoe het model werkt (mag weg). Geef scenario's die u vergelijkt hetzelfde.
#   care_changes_need    hulp verandert de zorgbehoefte (zo gaat het als er niets staat)
#   care_without_effect  hulp verandert niets aan de zorgbehoefte, opnieuw geijkt op dezelfde cijfers
# structure: care_without_effect

# Hoeveel jeugdigen er in latere jaren zijn (mag weg). constant (zo is het als er niets staat): de leeftijden
# blijven zoals zij zijn. Of een bestand met de kolommen municipality,year,age,youths of
# municipality,year,age,growth (op 1 januari; 1.04 is 4% meer). Geef scenario's die u vergelijkt hetzelfde.
# population: bevolking.csv

# Het aantal plaatsen per vorm van hulp, alleen bij capped (mag weg). Een getal, as_used (zoveel als in het
# jaar voor de start in gebruik waren) of unlimited. Waar niets staat: as_used voor ingekochte hulp.
# places:
#   ambulant: 2400
#   wijkteam: unlimited

# Het budget voor jeugdzorg (mag weg).
budget:
  youth_care: null            # euro per jaar in het startjaar; null = wat de gemeente toen uitgaf
  # real_growth: 0.01         # groei per jaar boven de inflatie (0.01 = 1%)

# Wat er voor kinderen is, per programma. Bekend zijn: {programmes}
programmes:{programme}

# Wat er van buiten of halverwege gebeurt (mag weg). size is een deel van 0 tot en met 1.
#   lockdown            school, JGZ en toegang zien minder kinderen; workers: present of absent
#   teacher_shortage    scholen zien minder kinderen
#   budget_cut          een deel van de ongeoormerkte banen vervalt tussentijds
#   registration_shift  er worden meer (of met een min: minder) jeugdigen geteld, zonder andere hulp
#   fewer_starts        hulp begint minder vaak (of met een min: vaker); forms: [ambulant, netwerk]
#   shorter_care        hulp duurt een deel korter; forms zoals hierboven
#   own_payment         gezinnen betalen een deel van de prijs van een plek; forms zoals hierboven
shocks: []
# shocks:
#   - {{kind: lockdown, start: 2028-03, months: 6, size: 0.5, workers: present}}
#   - {{kind: budget_cut, start: 2029, months: 24, size: 0.3}}

# Andere waarden voor getallen uit het model, op naam (mag weg).
#   NAAM: 0.5                 geldt vanaf de start van het scenario
#   NAAM: {{value: 0.5, from: birth}}   geldt al vanaf de geboorte van elk kind
parameters: {{}}{parameter}
"""

_PROGRAMME = """
  {programme}:
    # Het aantal voltijdbanen (fte). Een getal, of per jaar:
    #   fte: {{2026: 12, 2027: 24}}   of   {{"2026-2028": 12, "2029-2030": 24}}
    # Bij een jaar (2026) geldt het aantal tot het volgende genoemde jaar; schrijf 0 bij het jaar waarin het
    # stopt. Bij een reeks ("2026-2028") houdt het na het laatste jaar op: tot wat er dan volgt is het 0.
    # Voor het eerste genoemde jaar is het 0.
    fte: 36
    ring_fenced: true         # geoormerkt: een tekort elders gaat hier niet van af
    # targeting: neighbourhood  # everyone (iedereen), neighbourhood (buurten met meer zorgen) of
    #                           # outreach (waar kinderen zijn, vrijwillig); weglaten = van het programma
    # ages: [4, 14]           # eerste en laatste leeftijd; weglaten = van het programma
    paid_by: gemeente         # gemeente, of outside (betaald buiten het budget voor jeugdzorg)
    # Welke werking meetelt; zet er een op false om te zien wat die uitmaakt.
    switches:
      onset: true             # minder nieuwe zorgen
      escalation: true        # zorgen worden minder vaak zwaarder
      recovery: true          # lichte zorgen gaan vaker over
      signalling: true        # zorgen worden eerder gezien
      participation: true     # kinderen gaan vaker weer meedoen
      access: true            # gezinnen komen eerder bij het wijkteam
      substitution: true      # lichte zorg wordt minder vaak ambulant (kinderwerk.substitution, gewoonlijk 1)
      continuity: true        # houdt in stand wat een eerder programma bereikte (kinderwerk, jongerenwerk)"""


def template(registry: Registry, preset: Scenario | None = None, folder: str | Path = ".") -> str:
    """Return the text of a new scenario file, with every key explained (in Dutch).

    With a `preset` it is the text of that file, with its reference as seen from `folder`, where
    the new file will be. Raises ValueError for a preset that was not read from a file.
    """
    if preset is not None:
        return _copied(preset, Path(folder))
    places = sorted(set(registry.municipalities.values())) or ["Nederland"]
    programmes = sorted(registry.programmes)
    programme = "kinderwerk" if "kinderwerk" in programmes else next(iter(programmes), None)
    parameter = next(iter(sorted(registry.parameters)), None)
    return _TEMPLATE.format(
        municipality=_plain_text("Almere" if "Almere" in places else places[0]),
        programmes=", ".join(programmes) or "geen",
        programme=_PROGRAMME.format(programme=_plain_text(programme)) if programme else " {}",
        parameter=f"                # bijvoorbeeld {parameter}" if parameter else "",
    )


def _plain_text(name: str) -> str:
    """Return a name as YAML text, between quotes where it could be read as something else."""
    plain = name.replace(" ", "").replace("_", "").isalpha() and isinstance(plain_value(name), str)
    return name if plain else json.dumps(name, ensure_ascii=False)


def _copied(preset: Scenario, folder: Path) -> str:
    """Return the text of a preset's file with a comment on top, and paths in it as seen from `folder`."""
    if preset.path is None:
        raise ValueError("this preset was not read from a file")
    lines = decode(preset.path, read_bytes(preset.path)).splitlines()
    document = load_document(preset.path, "scenario")
    for key in ("reference", "municipality", "population"):
        there = document.data.get(key)
        if there is not None and (key == "reference" or is_file(there) or is_table(there)):
            line, column = document.position((key,))
            target = (preset.path.parent / there).resolve()
            seen = Path(os.path.relpath(target, folder.resolve())).as_posix()
            lines[line - 1] = lines[line - 1][: column - 1] + json.dumps(seen, ensure_ascii=False)
    heading = f"# Nieuw scenario, overgenomen van {preset.path.name}. Geef het hieronder een eigen titel."
    return "\n".join([heading, *lines]) + "\n"


def write_new(path: str | Path, registry: Registry, preset: Scenario | None = None) -> Path:
    """Write a new scenario file and return its path; it is there whole or not at all.

    Raises InputError when the file is there already or its folder is not, and SimulationError
    when writing fails.
    """
    path = Path(path)
    refuse_taken(path)
    text = template(registry, preset, path.parent)
    return write_new_file(path, text.encode(), lambda aside: load_scenario(aside, registry))


def write_new_file(path: str | Path, content: bytes, check: Reader = lambda _: None) -> Path:
    """Write a new file and return its path; it is there whole or not at all.

    check: reads the file under another name first, and raises InputError where it is no good. Raises
    InputError when the file is there already or its folder is not, and SimulationError when writing fails.
    """
    path = Path(path)
    refuse_taken(path)
    try:
        _write_aside_and_rename(path, content, check)
    except FileExistsError:
        raise _taken(path) from None
    except (OSError, ValueError) as error:
        raise _unwritten(path, error) from error
    return path


def copy_shipped(folder: str | Path) -> Path:
    """Copy the scenario files that come with kinderwerk; return the folder, there whole or not at all.

    Raises InputError when the folder is there already or the folder around it is not, and SimulationError
    when writing fails.
    """
    folder = Path(folder)
    refuse_taken(folder)
    try:
        with tempfile.TemporaryDirectory(prefix=".scenarios-", dir=folder.parent) as aside:
            made = Path(aside) / "made"
            for file in sorted(SCENARIOS.rglob("*.yaml")):
                copy = made / file.relative_to(SCENARIOS)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
            made.rename(folder)
    except (OSError, ValueError) as error:
        raise _unwritten(folder, error) from error
    return folder


def make_folder_of(path: Path) -> None:
    """Make the folder that a new file goes into, where it is not there. Raises as `write_new_file` does."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _unwritten(path, error) from error


def refuse_taken(path: Path) -> None:
    """Raise InputError where there is a file of this name already, or none can be made."""
    if os.path.lexists(path):
        raise _taken(path)
    try:
        with contextlib.suppress(FileNotFoundError):
            path.lstat()  # a name may be too long
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError.at(path, fault("not_writable", reason=reason.lower())) from None


def _unwritten(path: Path, error: Exception) -> InputError | SimulationError:
    """Return what to raise where something cannot be written: the name is at fault, or the disk."""
    number, reason = getattr(error, "errno", None), getattr(error, "strerror", None) or str(error)
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        return SimulationError(fault("file_not_written", file=path, reason=reason.lower()))
    return InputError.at(path, fault("not_writable", reason=reason.lower()))


def _taken(path: Path) -> InputError:
    return InputError.at(path, fault("there_already"))


def _write_aside_and_rename(path: Path, content: bytes, check: Reader) -> None:
    """Write the content beside `path`, check it, and give it its name.

    Raises FileExistsError when the name is taken, OSError when writing fails and InputError when
    the content is no good.
    """
    with written_whole(path, new=True) as aside:
        aside.write_bytes(content)
        try:
            check(aside)
        except InputError as error:
            problems = [replace(problem, file=str(path)) for problem in error.problems]
            raise InputError(problems) from None
