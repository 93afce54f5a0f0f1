"""The graph of the rooms, from the imports: `python -m tests.rooms [CHECKOUT]` prints it and counts what is wrong.

A room is a folder with Python files; a file at the top of `engine` or `tui` is a room of its own. An arrow is one room
that imports from another. Rooms are printed in floors: each imports only from the floors below its own.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

PACKAGES = ("engine", "tui", "lossboard")


@dataclass(frozen=True)
class Graph:
    """What each room imports from, by room; every room is a key."""

    arrows: Mapping[str, frozenset[str]]
    files: int
    lines: int

    @cached_property
    def knots(self) -> list[list[str]]:
        """The rooms that reach each other both ways, in groups; empty where there is no cycle."""
        reach = {room: self._reachable(room) for room in self.arrows}
        groups = {
            frozenset(other for other in reach[room] if room in reach[other])
            for room in self.arrows
            if room in reach[room]
        }
        return sorted(sorted(group) for group in groups)

    @cached_property
    def upward(self) -> int:
        """How many arrows point up in the best order of the rooms: the fewest whose removal leaves no cycle."""
        return sum(self._fewest_upward(knot) for knot in self.knots)

    @cached_property
    def floors(self) -> list[list[str]]:
        """The rooms from the bottom to the top; the rooms of a knot share a floor."""
        knot_of = {room: frozenset(knot) for knot in self.knots for room in knot}
        heights: dict[str, int] = {}

        def height(room: str) -> int:
            if room not in heights:
                together = knot_of.get(room, frozenset({room}))
                below = {target for each in together for target in self.arrows[each]} - together
                found = 1 + max(map(height, below), default=-1)
                heights.update(dict.fromkeys(together, found))
            return heights[room]

        top = max(map(height, self.arrows), default=-1)
        return [sorted(room for room in self.arrows if heights[room] == floor) for floor in range(top + 1)]

    def _reachable(self, room: str) -> set[str]:
        found: set[str] = set()
        ahead = list(self.arrows[room])
        while ahead:
            target = ahead.pop()
            if target not in found:
                found.add(target)
                ahead.extend(self.arrows[target])
        return found

    def _fewest_upward(self, knot: Sequence[str]) -> int:
        """Exact, by placing the rooms from the bottom up: the best cost of each set of rooms that lie below."""
        imports = [sum(1 << other for other, name in enumerate(knot) if name in self.arrows[room]) for room in knot]
        costs = [0] + [len(knot) ** 2] * (2 ** len(knot) - 1)
        for below in range(len(costs)):
            for room in range(len(knot)):
                if not below >> room & 1:
                    placed = below | 1 << room
                    costs[placed] = min(costs[placed], costs[below] + (imports[room] & ~placed).bit_count())
        return costs[-1]


def room_of(module: Path) -> str:
    """The room of a file, given by its path below the checkout."""
    top = len(module.parts) == 2 and module.stem != "__init__" and module.parts[0] != "lossboard"
    return ".".join(module.with_suffix("").parts if top else module.parent.parts)


def imported(module: ast.Module, *, types: bool = True) -> set[str]:
    """Every name that a file imports, anywhere in it, in full; without `types`, not what only type checkers see."""
    found: set[str] = set()
    ahead: list[ast.AST] = [module]
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)
        elif types or not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            ahead.extend(ast.iter_child_nodes(node))
    return found


@cache
def _names_in(source: str) -> frozenset[str]:
    return frozenset(imported(ast.parse(source)))


def read(checkout: Path, packages: Iterable[str] = PACKAGES) -> Graph:
    """The graph of the packages in a checkout."""
    sources = {
        path.relative_to(checkout): path.read_text() for name in packages for path in (checkout / name).rglob("*.py")
    }
    rooms = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): room_of(path) for path in sources}
    arrows: dict[str, set[str]] = {room: set() for room in rooms.values()}
    for path, source in sources.items():
        for name in _names_in(source):
            target = rooms.get(name) or rooms.get(name.rpartition(".")[0])
            if target is not None and target != room_of(path):
                arrows[room_of(path)].add(target)
    return Graph(
        {room: frozenset(targets) for room, targets in arrows.items()},
        len(sources),
        sum(source.count("\n") for source in sources.values()),
    )


def told(name: str, graph: Graph) -> str:
    """One line of figures."""
    arrows = sum(map(len, graph.arrows.values()))
    return (
        f"{name:<10}{graph.files:>4} files {graph.lines:>6,} lines {len(graph.arrows):>4} rooms "
        f"{len(graph.floors):>3} floors{arrows:>5} arrows {graph.upward:>3} upward {len(graph.knots):>2} cycles"
    )


def main(checkout: Path) -> int:
    """Print the rooms from the top floor to the bottom, then the figures; 1 where an arrow points up."""
    present = [name for name in PACKAGES if (checkout / name).is_dir()]
    whole = read(checkout)
    for number, floor in reversed(list(enumerate(whole.floors))):
        for room in floor:
            print(f"{number:>3}  {room:<22} {' '.join(sorted(whole.arrows[room]))}".rstrip())
    for knot in whole.knots:
        print("cycle:", " ".join(knot))
    for name in present:
        print(told(name, read(checkout, [name])))
    print(told("all", whole))
    return 1 if whole.knots else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
