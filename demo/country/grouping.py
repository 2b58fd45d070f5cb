"""Cutting a piece of the honeycomb into connected parts of about equal size.

Here belongs the partition alone; it knows cells, not districts.
"""

import random
from collections.abc import Iterable

from demo.country.boundaries import Cell, lattice_distance, middle_of, neighbours


def partition(cells: Iterable[Cell], count: int, rng: random.Random) -> list[list[Cell]]:
    """The cells in so many connected parts: grown from scattered seeds, seeds moved to the middle, a few times."""
    land = sorted(cells)
    if not 1 <= count <= len(land):
        raise ValueError(f"{len(land)} cells can't be cut into {count} parts")
    seeds = _scattered(land, count, rng)
    for _ in range(5):
        parts = _grow(land, seeds)
        seeds = [_most_central(part) for part in parts]
    return [sorted(part) for part in _grow(land, seeds)]


def _scattered(land: list[Cell], count: int, rng: random.Random) -> list[Cell]:
    """Seeds as far from one another as they can be."""
    seeds = [rng.choice(land)]
    while len(seeds) < count:
        free = [cell for cell in land if cell not in seeds]
        seeds.append(max(free, key=lambda cell: (min(lattice_distance(cell, seed) for seed in seeds), cell)))
    return seeds


def _grow(land: list[Cell], seeds: list[Cell]) -> list[list[Cell]]:
    """Each step the smallest part that still can takes the free cell next to it that is nearest its seed."""
    free = set(land) - set(seeds)
    parts = [[seed] for seed in seeds]
    while free:
        for number in sorted(range(len(parts)), key=lambda number: (len(parts[number]), number)):
            reachable = {other for cell in parts[number] for other in neighbours(cell)} & free
            if reachable:
                best = min(reachable, key=lambda cell: (lattice_distance(cell, seeds[number]), cell))
                parts[number].append(best)
                free.remove(best)
                break
        else:
            raise ValueError(f"{len(free)} cells can't be reached: the land to cut isn't connected")
    return parts


def _most_central(part: list[Cell]) -> Cell:
    middle = middle_of(part)
    return min(part, key=lambda cell: (lattice_distance(cell, middle), cell))
