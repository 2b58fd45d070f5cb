"""The ground: a honeycomb of cells in the open ocean, and polygons of any group of cells.

Here belong the lattice, its jittered borders, dissolving and areas. Here does not belong which cells form a
district (territory.py, reform.py). Honeycomb, because three cells meet at a corner: two parts of a unit can never
touch in a single point, so that dissolving by shared edges always gives valid polygons, without gap or overlap.
"""

import math
import random
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

Cell = tuple[int, int]  # a cell is its centre on an integer lattice: even steps across, threes upwards
Node = tuple[int, int]  # a corner of cells, on the same lattice
Point = tuple[float, float]  # longitude, latitude

_MIDDLE = (-28.0, 42.5)  # the middle of the North Atlantic: nobody lives there, nobody is meant
_STEP = (0.099, 0.0421)  # degrees of one lattice step; together they make regular hexagons of about 230 km2
_CORNERS = ((0, -2), (1, -1), (1, 1), (0, 2), (-1, 1), (-1, -1))  # counter-clockwise, as GeoJSON wants
_AROUND = ((2, 0), (1, 3), (-1, 3), (-2, 0), (-1, -3), (1, -3))
_NODE_JITTER = 0.3  # of a lattice step
_BEND = 0.13  # of a border's length; more could make neighbouring borders cross


def country_cells() -> list[Cell]:
    """Every cell inside the country's irregular coast, in reading order."""
    inside = {
        (2 * across + row % 2, 3 * row)
        for row in range(-22, 23)
        for across in range(-22, 23)
        if _is_land((2 * across + row % 2, 3 * row))
    }
    return sorted(_largest_part(inside))


def neighbours(cell: Cell) -> list[Cell]:
    """The six cells around."""
    return [(cell[0] + dx, cell[1] + dy) for dx, dy in _AROUND]


def spot(cell: Cell, east_km: float = 0.0, north_km: float = 0.0) -> Point:
    """A place near the cell's centre; up to 4.5 km away it is inside the cell whatever its jittered borders."""
    lon, lat = _warped(cell)
    return round(lon + east_km / 82.0, 5), round(lat + north_km / 111.2, 5)


def polygon(cells: Iterable[Cell]) -> dict[str, Any]:
    """The dissolved outline of a group of cells as a GeoJSON geometry; one outer ring per separate part."""
    rings = [_line(ring) for ring in _rings(set(cells))]
    outer = sorted(ring for ring in rings if _signed_area(ring) > 0)
    holes = sorted(ring for ring in rings if _signed_area(ring) < 0)
    if len(outer) == 1:
        return {"type": "Polygon", "coordinates": [outer[0], *holes]}
    if holes:
        raise ValueError(f"a unit of {len(outer)} parts has {len(holes)} holes; the lattice never makes one")
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in outer]}


def inner_point(cells: Iterable[Cell]) -> Point:
    """A point well inside the group: the centre of the cell farthest from its border, nearest to its middle."""
    inside = set(cells)
    middle = middle_of(inside)
    border = {cell for cell in inside if any(other not in inside for other in neighbours(cell))}
    depth = {cell: min(_distance(cell, edge) for edge in border) for cell in inside}
    return spot(min(inside, key=lambda cell: (-depth[cell], _distance(cell, middle), cell)))


def middle_of(cells: Iterable[Cell]) -> tuple[float, float]:
    """The mean of the cells on the lattice."""
    found = list(cells)
    return sum(x for x, _ in found) / len(found), sum(y for _, y in found) / len(found)


def lattice_distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two lattice points in cell radii."""
    return _distance(one, other)


def area_sqkm(geometry: dict[str, Any]) -> float:
    """The area in the equal-area projection the COD standard names (EPSG:6933)."""
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    rings = [[_equal_area(point) for point in ring] for part in parts for ring in part]
    return round(sum(_signed_area(ring) for ring in rings) / 1e6, 2)


def _is_land(cell: Cell) -> bool:
    x, y = cell[0] * _STEP[0] / 3.05, cell[1] * _STEP[1] / 1.95
    angle = math.atan2(y, x)
    coast = 1 + 0.10 * math.cos(2 * angle + 0.6) + 0.09 * math.sin(3 * angle) + 0.06 * math.cos(5 * angle + 1)
    return math.hypot(x, y) <= coast + random.Random(f"coast {cell}").uniform(-0.07, 0.07)


def _largest_part(cells: set[Cell]) -> set[Cell]:
    """The mainland with its lakes filled: a cell with five or six neighbours on land is land."""
    everything = cells | {other for cell in cells for other in neighbours(cell) if _landlocked(other, cells)}
    parts = []
    while everything:
        part = _reach(min(everything), everything)
        parts.append(part)
        everything = everything - part
    return max(parts, key=len)


def _landlocked(cell: Cell, cells: set[Cell]) -> bool:
    return sum(other in cells for other in neighbours(cell)) >= 5


def _reach(start: Cell, cells: set[Cell]) -> set[Cell]:
    found, edge = {start}, [start]
    while edge:
        new = {other for cell in edge for other in neighbours(cell) if other in cells} - found
        found |= new
        edge = sorted(new)
    return found


def is_connected(cells: Iterable[Cell]) -> bool:
    """Whether one can walk from any of the cells to any other without leaving them."""
    found = set(cells)
    return bool(found) and len(_reach(min(found), found)) == len(found)


def _rings(cells: set[Cell]) -> Iterator[list[Node]]:
    """The outlines: every directed cell edge whose reverse isn't there too, chained."""
    edges = {edge for cell in cells for edge in _edges(cell)}
    follow = {a: b for a, b in edges if (b, a) not in edges}
    while follow:
        start = min(follow)
        ring, node = [start], follow.pop(start)
        while node != start:
            ring.append(node)
            node = follow.pop(node)
        yield ring


def _edges(cell: Cell) -> list[tuple[Node, Node]]:
    corners = [(cell[0] + dx, cell[1] + dy) for dx, dy in _CORNERS]
    return list(zip(corners, corners[1:] + corners[:1], strict=True))


def _line(ring: list[Node]) -> list[Point]:
    points = [point for a, b in zip(ring, ring[1:] + ring[:1], strict=True) for point in _border(a, b)]
    return [*points, points[0]]


@cache
def _border(a: Node, b: Node) -> tuple[Point, ...]:
    """The jittered border from a up to, not including, b: the same points backwards from the other side."""
    if a > b:
        return (_corner(a), *_border(b, a)[:0:-1])
    rng = random.Random(f"border {a} {b}")
    ends = [_corner(a), _corner(b)]
    bent = _bend(_bend(ends, rng), rng)
    return tuple((round(lon, 5), round(lat, 5)) for lon, lat in bent[:-1])


def _bend(line: list[Point], rng: random.Random) -> list[Point]:
    """The line with each piece's middle moved aside."""
    bent = [line[0]]
    for (x1, y1), (x2, y2) in pairwise(line):
        aside = rng.uniform(-_BEND, _BEND)
        bent += [((x1 + x2) / 2 - (y2 - y1) * aside, (y1 + y2) / 2 + (x2 - x1) * aside), (x2, y2)]
    return bent


@cache
def _corner(node: Node) -> Point:
    rng = random.Random(f"corner {node}")
    lon, lat = _warped(node)
    jitter = [rng.uniform(-_NODE_JITTER, _NODE_JITTER) * step for step in _STEP]
    return round(lon + jitter[0], 5), round(lat + jitter[1], 5)


def _warped(node: Node) -> Point:
    """From the lattice to degrees, gently bent so that no straight row of cells shows."""
    x, y = node[0] * _STEP[0], node[1] * _STEP[1]
    return _MIDDLE[0] + x + 0.16 * math.sin(1.7 * y), _MIDDLE[1] + y + 0.11 * math.sin(1.3 * x)


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    return math.hypot((one[0] - other[0]) * math.sqrt(3) / 2, (one[1] - other[1]) / 2)


def _signed_area(ring: list[Point]) -> float:
    x0, y0 = ring[0]
    return sum((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) for (x1, y1), (x2, y2) in pairwise(ring)) / 2


def _equal_area(point: Point) -> Point:
    """The cylindrical equal-area projection on WGS 84 with true scale at 30 degrees (Snyder, 10-15 and 3-12)."""
    radius, e = 6378137.0, 0.0818191908426215
    sine = math.sin(math.radians(30))
    scale = math.cos(math.radians(30)) / math.sqrt(1 - (e * sine) ** 2)
    s = math.sin(math.radians(point[1]))
    q = (1 - e * e) * (s / (1 - (e * s) ** 2) - math.log((1 - e * s) / (1 + e * s)) / (2 * e))
    return radius * scale * math.radians(point[0]), radius * q / (2 * scale)
