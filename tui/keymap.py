"""Every key, once. Bindings, the footer and the help screen are made from this table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

Place = Literal["app", "board", "welcome", "form", "choice", "confirm", "help"]

NAMES = {
    "question_mark": "?",
    "escape": "esc",
    "up": "↑",
    "down": "↓",
    "pageup": "page up",
    "pagedown": "page down",
    "shift+tab": "shift tab",
    "left": "←",
    "right": "→",
}
"""How a key is written where Textual's name for it is not what stands on the keyboard."""


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that a key does: `word` stands in the footer, `help` on the help screen.

    `keys` are Textual's names, of which the first `advertised` ones are shown.
    A `first` key is taken before the focused field sees it: what is typed right after tab belongs to the next field.
    `rank` says who stays in a narrow footer (0 always); None is never in a footer.
    """

    place: Place
    action: str
    keys: tuple[str, ...]
    word: str
    help: str
    rank: int | None = None
    advertised: int = 1
    first: bool = False

    @property
    def shown(self) -> str:
        """The keys as they are written for people."""
        return " ".join(NAMES.get(key, key) for key in self.keys[: self.advertised])


KEYS: tuple[Key, ...] = (
    Key("board", "new_run", ("n",), "new", "make a run of your own: choose, check, start", 1),
    Key("board", "open", ("enter",), "open", "look at this run alone; esc brings the others back", 4),
    Key("board", "mark", ("space",), "mark", "draw this run among the others, or stop drawing it", 2),
    Key("board", "stop", ("t",), "stop", "stop this run (asks first); its rows stay", 5),
    Key("board", "log_y", ("y",), "log y", "loss axis: logarithmic or linear", 3),
    Key("board", "x_axis", ("x",), "x axis", "x axis: iteration, time, examples seen", 3),
    Key("board", "move(1)", ("j", "down"), "down", "move down the table", None, 2),
    Key("board", "move(-1)", ("k", "up"), "up", "move up the table", None, 2),
    Key("board", "page(1)", ("pagedown",), "page down", "move down by a page"),
    Key("board", "page(-1)", ("pageup",), "page up", "move up by a page"),
    Key("board", "edge(-1)", ("home", "g"), "newest", "go to the newest run", None, 2),
    Key("board", "edge(1)", ("end", "G"), "oldest", "go to the oldest run", None, 2),
    Key("board", "back", ("escape",), "back", "back to all marked runs; put a message away"),
    Key("welcome", "race", ("enter",), "watch them race", "start the three strategies and watch them race", 0),
    Key("form", "submit", ("enter",), "start", "start the run", 0),
    Key("form", "close", ("escape",), "back", "back to the board; what was typed is kept", 0),
    Key("form", "app.focus_next", ("tab", "down"), "next", "to the next field", 1, 2, first=True),
    Key("form", "app.focus_previous", ("shift+tab", "up"), "previous", "to the field before", None, 2, first=True),
    Key("choice", "choose(1)", ("right", "space"), "choose", "the next choice", None, 2),
    Key("choice", "choose(-1)", ("left",), "choose", "the choice before"),
    Key("confirm", "confirm", ("enter", "y"), "stop it", "yes, stop it", 0),
    Key("confirm", "close", ("escape", "n"), "let it run", "no, let it run", 0),
    Key("help", "close", ("escape", "question_mark", "q", "enter"), "back", "back to the board", 0),
    Key("board", "app.help", ("question_mark",), "help", "this page", 0),
    Key("board", "app.leave", ("q",), "quit", "leave; the runs go on", 0),
    Key("app", "leave", ("ctrl+c", "ctrl+q"), "quit", "leave from anywhere", first=True),
)


def keys_of(*places: Place) -> list[Key]:
    """The keys that work at some place, in the order of the table."""
    return [key for key in KEYS if key.place in places]


def bindings(place: Place) -> list[BindingType]:
    """The bindings of one place."""
    return [Binding(",".join(key.keys), key.action, key.word, show=False, priority=key.first) for key in keys_of(place)]


def footer(keys: Sequence[Key], room: int) -> list[Key]:
    """The keys that fit into `room` cells, the least important dropped first, in the order of the table."""
    kept = [key for key in keys if key.rank is not None]
    while kept and sum(len(key.shown) + len(key.word) + 3 for key in kept) - 2 > room:
        ranks = [key.rank or 0 for key in kept]
        del kept[len(kept) - 1 - ranks[::-1].index(max(ranks))]
    return kept
