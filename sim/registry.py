"""The names that input files may use: municipalities, programmes and parameters."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sim.errors import nearest
from sim.wording import plain_error
from sim.yamltext import quoted

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

    `municipalities` maps each name and alias, case-folded, to the name to use; `parameters` maps
    each name to the lowest and highest value allowed, or to None where there is no limit; `tariffs`
    maps each form of care to the range in which a year of it usually costs, in euros of 2024;
    `youths` has the youths of 0-22 of each municipality; `counted` names the parameters that are usually in
    the thousands.
    """

    municipalities: Mapping[str, str]
    programmes: frozenset[str]
    parameters: Mapping[str, tuple[float, float] | None]
    tariffs: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    youths: Mapping[str, float] = field(default_factory=dict)
    counted: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        folded = {fold(alias): name for alias, name in self.municipalities.items()}
        object.__setattr__(self, "municipalities", Frozen(folded))
        object.__setattr__(self, "parameters", Frozen(self.parameters))
        object.__setattr__(self, "tariffs", Frozen(self.tariffs))
        object.__setattr__(self, "youths", Frozen(self.youths))

    def municipality(self, name: str) -> str:
        """Return the name to use for a name or alias.

        Raises PydanticCustomError with the nearest known name.
        """
        canonical = self.municipalities.get(fold(name))
        if canonical is None:
            known = dict.fromkeys(self.municipalities.values())
            hint = nearest(name, known) or nearest(name, self.municipalities) or "."
            builds = "`kinderwerk data municipality NAME` builds a profile of a municipality that is not here"
            raise plain_error(f"unknown municipality {quoted(name)}{hint} {builds}")
        return canonical


def fold(name: str) -> str:
    """Return a name as it is compared: without case, double spaces and curly apostrophes."""
    return " ".join(name.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split()).casefold()
