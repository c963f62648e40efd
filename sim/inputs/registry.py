"""The names that input files may use: municipalities, programmes and parameters."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sim.faults import fault
from sim.files.wording import plain_error
from sim.inputs.placenames import PlaceError, Town, cleaned, find, key, meant

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Frozen(Mapping[K, V], Generic[K, V]):
    """A mapping that cannot be changed, and can be hashed and pickled."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, V] | None = None) -> None:
        self._items = dict(items or {})

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Frozen({self._items!r})"

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))


@dataclass(frozen=True)
class Registry:
    """The names that a scenario may use.

    `municipalities` maps each name and alias of a municipality with figures, as it is compared
    (`placenames.key`), to the name to use; `parameters` maps each name to the lowest and highest value
    allowed, or to None where there is no limit; `tariffs` maps each form of care to the range in which a year
    of it usually costs, in euros of 2024; `youths` has the youths of 0-22 of each municipality; `counted`
    names the parameters that are usually in the thousands.
    """

    municipalities: Mapping[str, str]
    programmes: frozenset[str]
    parameters: Mapping[str, tuple[float, float] | None]
    tariffs: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    youths: Mapping[str, float] = field(default_factory=dict)
    counted: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        compared = {key(alias): name for alias, name in self.municipalities.items()}
        object.__setattr__(self, "municipalities", Frozen(compared))
        object.__setattr__(self, "parameters", Frozen(self.parameters))
        object.__setattr__(self, "tariffs", Frozen(self.tariffs))
        object.__setattr__(self, "youths", Frozen(self.youths))

    def municipality(self, name: str | int) -> str:
        """Return the name to use for a name, alias or CBS code of a municipality with figures.

        A municipality of before is the one that all of it is part of today (scenario_notes tells it).

        Raises PydanticCustomError, which says whether it is a municipality without figures, one that is no
        more, one of several of that name, or none, and what may be meant.
        """
        found = self._known(name, today=True)
        if isinstance(found, str):
            return found
        if found is None:
            near = meant(str(name), dict.fromkeys(self.municipalities.values()))
            raise plain_error(fault(
                "unknown_municipality",
                name=str(name), near=near,
            ))  # fmt: skip
        raise plain_error(fault(
            "no_figures_of_municipality",
            name=found.name,
        ))  # fmt: skip

    def named(self, name: str | int) -> str:
        """Return the name to use for a municipality whose own figures somebody gives: any name will do.

        A name or code of a municipality becomes the name that everybody uses. Raises PydanticCustomError for
        a name of several municipalities and a code of none.
        """
        found = self._known(name, today=False)
        return found if isinstance(found, str) else found.name if found else cleaned(str(name))

    def _known(self, name: str | int, today: bool) -> str | Town | None:
        """Return the name of a municipality with figures, else the municipality, else None."""
        known = self.municipalities.get(key(str(name)))
        if known is not None:
            return known
        try:
            town = find(name, today)
        except PlaceError as error:
            heir, near = (error.fault.values.get(name) for name in ("heir", "near"))
            if not heir or near or key(str(heir)) not in self.municipalities:
                raise plain_error(error.fault) from None
            return self.municipalities[key(str(heir))]
        return town and self.municipalities.get(key(town.name), town)


def fold(text: str) -> str:
    """Return a label as it is compared: without case, double spaces and curly apostrophes."""
    return " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split()).casefold()
