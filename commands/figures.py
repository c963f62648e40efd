"""Figures from outside (`data`): of CBS, of a municipality itself, and the targets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import Language, NewFile
from commands.terminal.progress import share_progress
from sim.errors import InputError, OptionError
from sim.faults import fault

if TYPE_CHECKING:
    from sim.inputs.municipality import Municipality


line = typer.Typer(no_args_is_help=True, help="Figures of CBS and of a municipality: targets and local fits.")


@line.command()
def refresh(
    table: Annotated[list[str] | None, typer.Option("--table", help="Only this CBS table (repeat).")] = None,
    write: Annotated[bool, typer.Option("--write", help="Renew the files.")] = False,
    municipal: Annotated[
        bool, typer.Option("--municipal", help="The figures of municipalities, in place of the targets.")
    ] = False,
) -> None:
    """Show where CBS StatLine differs from the targets; with --write renew their values and statuses."""
    if municipal:
        _refresh_towns(table, write)
        return
    from calibration.figures.refresh import as_table
    from calibration.figures.refresh import refresh as renew
    from commands.terminal.literal import show

    show(as_table(renew(table or (), write, lambda now: typer.echo(now.text(), err=True))))


def _refresh_towns(table: list[str] | None, write: bool) -> None:
    """Show, or renew, what is known of municipalities."""
    from calibration.municipalities.refresh_towns import as_table, refresh_towns
    from commands.terminal.literal import show

    if table:
        raise OptionError("table", fault("municipal_reads_its_own"))
    show(as_table(refresh_towns(write, lambda now: typer.echo(now.text(), err=True))))
    if write:
        for module in ("levels --write", "observed"):
            typer.echo(f"Then: python -m calibration.municipalities.{module}", err=True)


@line.command()
def municipality(
    name: Annotated[str, typer.Argument(help="The municipality: its name, or its CBS code.")],
    out: NewFile = None,
    fit: Annotated[
        bool, typer.Option("--fit/--no-fit", help="Fit need and access to its use of youth care.")
    ] = True,
) -> None:
    """Build a file of a municipality's own figures from CBS StatLine."""
    from calibration.municipalities.municipality_data import municipality_from_cbs
    from sim.inputs.library import registry
    from sim.inputs.scenario_files import refuse_taken

    if out is not None:
        refuse_taken(out)
    figures = municipality_from_cbs(name, registry(), lambda now: typer.echo(now.text(), err=True))
    if figures.use is None:
        typer.echo("CBS has no figure of youth care on this municipality: national rates hold.", err=True)
    _give(_fitted(figures, figures.name) if fit and figures.use is not None else figures, out)


@line.command("fit")
def fit_figures(
    file: Annotated[Path, typer.Argument(help="A municipality file, or a filled template (.xlsx).")],
    out: NewFile = None,
    use: Annotated[
        list[str] | None,
        typer.Option("--use", help="YEAR=YOUTHS with jeugdhulp (0-22), in place of the file's; repeat."),
    ] = None,
) -> None:
    """Fit a municipality's need and access to its own figures of use, of one year or of several."""
    from calibration.municipalities.series import uses_of
    from sim.files.yamltext import read_bytes
    from sim.inputs.library import registry
    from sim.inputs.municipality_sheet import read_figures
    from sim.inputs.scenario_files import refuse_taken

    if out is not None:
        refuse_taken(out)
    figures = read_figures(read_bytes(file), str(file), registry())
    if use:
        figures = figures.replace(registry(), use=uses_of(use))
    _give(_fitted(figures, str(file)), out)


@line.command("template")
def figures_template(
    out: Annotated[Path, typer.Option("--out", help="The .xlsx file to make.")] = Path("eigen-cijfers.xlsx"),
    name: Annotated[
        str | None, typer.Option("--municipality", help="Fill in what is known of this municipality.")
    ] = None,
    lang: Language = "nl",
) -> None:
    """Write an Excel template for figures of one's own."""
    from pydantic_core import PydanticCustomError

    from sim.errors import nearest
    from sim.files.wording import fault_of
    from sim.inputs.library import registry
    from sim.inputs.municipality_template import template
    from sim.inputs.profiles import profiles
    from sim.inputs.scenario_files import write_new_file
    from sim.words.writing import LANGUAGES

    if lang not in LANGUAGES:
        raise InputError.at("--lang", fault("unknown_language", lang=lang, near=nearest(lang, LANGUAGES)))
    try:
        profile = None if name is None else profiles()[registry().municipality(name)]
    except PydanticCustomError as error:
        raise InputError.of(fault_of(error)) from None
    typer.echo(f"Wrote {write_new_file(out, template(lang, profile))}", err=True)


@line.command("towns")
def known_towns(
    words: Annotated[
        str | None, typer.Argument(help="Part of a name, now or before, or a CBS code (default: all).")
    ] = None,
) -> None:
    """List the municipalities that the model knows; of one: what is measured, derived and borrowed."""
    from commands.terminal.literal import show
    from commands.terminal.towns import town_table, towns_table
    from sim.inputs.placenames import code_of, key, meant, search, towns

    if words is None:
        show(towns_table(search("")))
        return
    if not key(words):  # a variable of a script that was empty, say
        raise InputError.of(fault("name_empty", name=words))
    found = search(code_of(words) or words)
    if not found:
        raise InputError.of(fault("unknown_municipality", name=words, near=meant(words)))
    exact = [town for town in found if town.name.casefold() == words.casefold()]
    if len(found) > 1 and not exact:
        show(towns_table(found))
        return
    (town,) = exact or found
    show(town_table(town, [each for each in towns().values() if town.code in each.now]))


def _fitted(figures: Municipality, where: str) -> Municipality:
    """Return a municipality with need and access fitted to its figures of use. where: what messages name."""
    from calibration.municipalities.municipal import fit_municipality, with_fit
    from sim.machine.conductor import Conductor
    from sim.progress import nobody
    from sim.runs.threads import run_threads

    with share_progress(False) as tell, run_threads() as pool, Conductor() as conductor:
        found = conductor.run(fit_municipality, figures, pool, tell=tell or nobody, where=where)
    typer.echo(
        f"{found.municipality}: use against the country {found.published:.3f} published, "
        f"{found.modelled:.3f} modelled; need x {found.need:.3f}, access x {found.access:.3f}",
        err=True,
    )
    for each in found.by_year if len(found.by_year) > 1 else ():
        typer.echo(f"{each.year}: {each.ratio:.3f} times the country, weight {each.weight:.0%}", err=True)
    return with_fit(figures, found)


def _give(figures: Municipality, out: Path | None) -> None:
    """Write a municipality file, or print it."""
    from sim.inputs.municipality_text import municipality_yaml
    from sim.inputs.scenario_files import write_new_file
    from sim.runs.scenario_notes import notes_of_figures

    for note in notes_of_figures(figures):
        typer.echo(f"note: {note}", err=True)
    text = municipality_yaml(figures)
    if out is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())  # a file: UTF-8, whatever the terminal takes
    else:
        typer.echo(f"Wrote {write_new_file(out, text.encode())}", err=True)
