"""The nested units of one version of the country: regions, districts, communes, sites (settlements).

Here belong the records that territory.py founds and reform.py rearranges; geography.py turns them into places.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from demo.country.boundaries import Cell


@dataclass(frozen=True)
class Site:
    """A settlement: it stays where it is through every reform; only its codes change."""

    key: int
    name: str
    cell: Cell
    lon: float
    lat: float
    population: int


@dataclass(frozen=True)
class Commune:
    """A third-level unit: cells of the honeycomb, and the settlements in them, the main one first."""

    number: int
    name: str
    cells: tuple[Cell, ...]
    sites: tuple[Site, ...]
    hard_to_reach: bool = False

    @property
    def population(self) -> int:
        """Everybody in its settlements."""
        return sum(site.population for site in self.sites)


@dataclass(frozen=True)
class District:
    """A second-level unit; wholly contested or not at all."""

    number: int
    name: str
    communes: tuple[Commune, ...]
    contested: bool = False

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of its parts."""
        return tuple(cell for commune in self.communes for cell in commune.cells)

    @property
    def population(self) -> int:
        """Everybody in its settlements."""
        return sum(commune.population for commune in self.communes)


@dataclass(frozen=True)
class Region:
    """A first-level unit; the reform leaves regions alone."""

    number: int
    name: str
    districts: tuple[District, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of its parts."""
        return tuple(cell for district in self.districts for cell in district.cells)


def map_communes(regions: tuple[Region, ...], change: Callable[[Commune], Commune]) -> tuple[Region, ...]:
    """The same tree with every commune changed."""
    return tuple(
        replace(
            region,
            districts=tuple(
                replace(district, communes=tuple(change(commune) for commune in district.communes))
                for district in region.districts
            ),
        )
        for region in regions
    )
