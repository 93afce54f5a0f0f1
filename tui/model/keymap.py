"""Keymap: one table of all keys; bindings, footer and help screen are made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from textual.binding import Binding, BindingType

Place = Literal[
    "app", "board", "replay", "welcome", "form", "choice", "confirm", "prompt", "pick", "columns", "metrics", "help",
    "sweep", "sweepview", "probe", "inspector",
]  # fmt: skip

NAMES = {
    "question_mark": "?",
    "escape": "esc",
    "up": "↑",
    "down": "↓",
    "pageup": "pg up",
    "pagedown": "pg down",
    "shift+tab": "shift tab",
    "left": "←",
    "right": "→",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "comma": ",",
    "full_stop": ".",
    "plus": "+",
    "equals_sign": "=",
    "tilde": "~",
    "minus": "-",
    "slash": "/",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "colon": ":",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "apostrophe": "'",
    "circumflex_accent": "^",
    "asterisk": "*",
    "vertical_line": "|",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "ctrl+p": "ctrl p",
    "ctrl+r": "ctrl r",
    "ctrl+t": "ctrl t",
    "ctrl+c": "ctrl c",
    "ctrl+q": "ctrl q",
    "ctrl+n": "ctrl n",
    "f1": "F1",
}
"""How keys are written on the screen, if Textual's name differs from the keyboard's."""


@dataclass(frozen=True, slots=True)
class Key:
    """One action and its keys: `word` stands in the footer, `help` on the help screen.

    `keys` are Textual's names; the first `advertised` ones are shown, or `written` if given. An action with `{key}`
    in it gets the key's name. A `first` key is handled before the focused field gets it, so that text typed after tab
    goes to the next field. In a narrow footer the highest `rank` is dropped first; None is never in a footer.
    """

    place: Place
    action: str
    keys: tuple[str, ...]
    word: str
    help: str
    rank: int | None = None
    advertised: int = 1
    first: bool = False
    written: str = ""

    @property
    def keys_text(self) -> str:
        """The keys as written on the screen."""
        return self.written or _written(self.keys[: self.advertised])

    @property
    def all_keys_text(self) -> str:
        """All keys that do this, as written on the help page."""
        return self.written or _written(self.keys)

    @property
    def group(self) -> str:
        """The group of the help page in which the key stands; '' if its action has none."""
        if self.action in PROGRAM:
            return "Program"
        return DIALOGS.get(self.place) or next((name for name, actions in GROUPS.items() if self.action in actions), "")


HELP = "question_mark"
"""The key of help; a field of free text takes it as a character."""


def _written(keys: Iterable[str]) -> str:
    return " ".join(NAMES.get(key, key) for key in keys)


TYPED: tuple[Place, ...] = ("form", "prompt", "pick", "columns", "metrics")
"""Places where text is typed, so that their footers offer F1."""

LISTS: tuple[Place, ...] = ("pick", "columns", "metrics")

ASKED: tuple[Place, ...] = ("sweep", "probe", "confirm")
"""Other places besides the views, which have a row of their own for help."""

BRACKETS, BRACES = ("left_square_bracket", "right_square_bracket"), ("left_curly_bracket", "right_curly_bracket")

VIEWS: tuple[Place, ...] = ("board", "sweepview", "probe", "inspector")
"""The places that show runs, besides a replay, which shares the board's keys; in each `/`, `:` and `?` do something."""

KEYS: tuple[Key, ...] = (
    Key("board", "new_run", ("n",), "new", "a run of your own: choose, check, start", 1),
    Key("board", "app.sweep", ("s",), "sweep", "sweep a parameter over many values", 1),
    Key("board", "app.open_sweep", ("V",), "its sweep", "the sweep that this run belongs to"),
    Key("board", "app.probe", ("b",), "probe", "the probe: the loss after one step with each step size"),
    Key("board", "app.inspect", ("I",), "inspect", "look inside the marked runs: what their weights do", 6),
    Key("board", "open", ("enter",), "open", "open a run; enlarge a measure; fold a sweep", 4),
    Key("board", "spread", ("tab",), "details", "a run alone: details and curve, or details only"),
    Key("board", "mark", ("space",), "mark", "show or hide this run in the chart", 2),
    Key("board", "pause", ("p",), "pause", "pause or resume this run (a failed one too)", 5),
    Key("board", "scale_step(0.5)", ("left_square_bracket",), "step size / 2", "halve this run's step size"),
    Key("board", "scale_step(2.0)", ("right_square_bracket",), "step size x 2", "double this run's step size"),
    Key("board", "replay", ("r",), "replay", "play the marked runs back", 3),
    Key("board", "stop", ("t",), "stop", "stop this run (asks); its rows stay", 5),
    Key("board", "fork", ("f",), "fork", "a new run that goes on from this one", 6),
    Key("board", "edit", ("e",), "edit", "this run's name, tags and note"),
    Key("board", "delete", ("d",), "delete", "delete this run (asks); u brings it back", 7),
    Key("board", "filter", ("slash",), "filter", "show only some runs, such as: sgd loss<0.5", 5),
    Key("board", "sort", ("o",), "sort", "sort the list: a menu of orders"),
    Key("board", "turn", ("O",), "reverse", "reverse the sort order"),
    Key("board", "columns", ("vertical_line",), "columns", "choose what the list shows: a menu of columns"),
    Key("board", "pin", ("i",), "pin", "keep this run on top of the list, or not"),
    Key("board", "group", ("B",), "group", "runs of a sweep together; space folds a sweep"),
    Key("board", "mark_all", ("a",), "mark all", "mark the runs of the list, or none of them"),
    Key("board", "undo", ("u",), "undo", "undo the last delete, pause, step size or edit"),
    Key("board", "steer_sweep('pause')", ("P",), "pause sweep", "pause or resume the whole sweep of this run"),
    Key("board", "steer_sweep('stop')", ("T",), "stop sweep", "stop the whole sweep of this run (asks)"),
    Key("board", "steer_sweep('delete')", ("D",), "delete sweep", "delete the whole sweep of this run (asks)"),
    Key("board", "workers", ("W",), "workers", "the workers: what each does, how many there may be"),
    Key("board", "log_y", ("y",), "log y", "loss axis: logarithmic or linear", 3),
    Key("board", "x_axis", ("x",), "x axis", "x axis: iteration, time, examples seen, losses evaluated", 3),
    Key("board", "log_x", ("X",), "log x", "x axis: logarithmic or linear"),
    Key("board", "layout", ("v",), "grid", "overlaid, a tile for each, a grid of measures", 4),
    Key("board", "room", ("Z",), "room", "whole room: chart, list, details; all again", 5),
    Key("board", "split(-1)", ("left_parenthesis",), "smaller list", "the list narrower, or lower"),
    Key("board", "split(1)", ("right_parenthesis",), "larger list", "the list wider, or higher"),
    Key("board", "metric", ("m",), "metric", "y axis: loss, accuracy, gradient norm, ...", 5),
    Key("board", "readout", ("c",), "readout", "read all values at a line (h, l or the mouse)", 4),
    Key("board", "smooth(-1)", ("less_than_sign",), "rougher", "smooth less"),
    Key("board", "smooth(1)", ("greater_than_sign",), "smoother", "smooth more"),
    Key("board", "bands", ("tilde",), "bands", "raw values: of the cursor's run, of all, of none"),
    Key("board", "seeds", ("S",), "seeds", "runs alike but for the seed: each, or their mean and a band"),
    Key("board", "zoom(2.0)", ("plus",), "zoom in", "zoom in along the x axis"),
    Key("board", "zoom(0.5)", ("minus",), "zoom out", "zoom out along the x axis"),
    Key("board", "across(-1)", ("h", "left"), "left", "pan left; move the line of a readout", None, 2),
    Key("board", "across(1)", ("l", "right"), "right", "pan right; move the line of a readout", None, 2),
    Key("board", "whole", ("0",), "all", "the whole x axis again"),
    Key("board", "zoom_y(2.0)", ("K",), "y zoom in", "zoom in along the y axis"),
    Key("board", "zoom_y(0.5)", ("J",), "y zoom out", "zoom out along the y axis"),
    Key("board", "fit", ("equals_sign",), "fit y", "y axis: as high as what is shown needs"),
    Key("board", "follow", ("w",), "follow", "follow the newest iterations, or stand still"),
    Key("board", "move(1)", ("j", "down"), "down", "to the next row of the list", None, 2),
    Key("board", "move(-1)", ("k", "up"), "up", "to the row before", None, 2),
    Key("board", "page(1)", ("pagedown",), "pg down", "a page down the list; scroll a run's details"),
    Key("board", "page(-1)", ("pageup",), "pg up", "a page up the list; scroll a run's details"),
    Key("board", "edge(-1)", ("home", "g"), "first", "to the first row of the list", None, 2),
    Key("board", "edge(1)", ("end", "G"), "last", "to the last row of the list", None, 2),
    Key("board", "back", ("escape",), "back", "all marked runs again; put a message away"),
    Key("replay", "play", ("space",), "play", "play, or stand still", 0),
    Key("replay", "step('{key}')", ("comma", "full_stop"), "step", "one iteration back, one on", 1, 2),
    Key("replay", "speed('{key}')", BRACKETS, "speed", "slower, faster", 2, 2),
    Key("replay", "jump({key})", tuple("123456789"), "jump", "to 10 % ... 90 %", 3, written="1-9"),
    Key("replay", "bound('{key}')", ("home", "end"), "ends", "to the start, to the end or the live edge", None, 2),
    Key("replay", "event('{key}')", BRACES, "event", "to the event before, to the next one", 4, 2),
    Key("replay", "stops", ("apostrophe",), "which", "{ } go to: events, steering, evaluations, ...", 5),
    Key("replay", "loop", ("L",), "loop", "begin again at the end, or stop there"),
    Key("replay", "clock", ("C",), "clock", "by iteration, by time, by examples seen or losses evaluated", 3),
    Key("replay", "axes", ("H",), "hold axes", "hold the final axes, or let them grow", 6),
    Key("replay", "fork", ("f",), "fork here", "a new run that goes on from this iteration", 3),
    Key("replay", "probe", ("b",), "probe", "the probe from these weights: one step with each step size", 6),
    Key("replay", "find", ("slash",), "find", "to a run by number, word or filter, such as: sgd loss<0.5", 1),
    Key("replay", "live", ("r",), "live", "back to the live view", 1),
    Key("welcome", "race", ("enter",), "watch them race", "start four ways down and watch them race", 0),
    Key("sweep", "submit", ("enter",), "start", "queue the whole sweep and watch it", 0),
    Key("sweep", "close", ("escape",), "back", "back; what was put together is kept", 0),
    Key("sweep", "go(1)", ("tab", "down"), "next", "to the next field", 1, first=True),
    Key("sweep", "go(-1)", ("shift+tab", "up"), "previous", "to the field before", None, 2, first=True),
    Key("sweep", "count('{key}')", ("plus", "minus"), "values", "one value more, one fewer", 3, 2),
    Key("sweep", "last('{key}')", BRACKETS, "iterations", "half as many iterations, twice as many", 4, 2),
    Key("sweep", "reset", ("ctrl+r",), "defaults", "the defaults in all fields; again: what was there", 2),
    Key("sweepview", "open", ("enter",), "open", "look at this value's run on the board, alone", 1),
    Key("sweepview", "back", ("escape",), "back", "back to the board; the sweep goes on", 1),
    Key("sweepview", "refine", ("z",), "refine", "a new sweep, a third as wide, around the best (asks)", 2),
    Key("sweepview", "use", ("U",), "use", "new runs and sweeps begin with this value", 3),
    Key("sweepview", "filter", ("slash",), "filter", "show only some values, such as: step_size<0.1", 1),
    Key("sweepview", "view", ("v",), "view", "curves, loss over the parameter, or both", 3),
    Key("sweepview", "room", ("Z",), "room", "whole room: charts, table; all again", 6),
    Key("sweepview", "log_y", ("y",), "log y", "loss axis: logarithmic or linear", 5),
    Key("sweepview", "x_axis", ("x",), "x axis", "x axis: iteration, time, examples seen, losses evaluated", 2),
    Key("sweepview", "readout", ("c",), "readout", "read all values at a line (h, l or the mouse)"),
    Key("sweepview", "log_x", ("X",), "log x", "x axis: logarithmic or linear"),
    Key("sweepview", "metric", ("m",), "metric", "y axis: loss, accuracy, gradient norm, ...", 5),
    Key("sweepview", "smooth(-1)", ("less_than_sign",), "rougher", "smooth less"),
    Key("sweepview", "smooth(1)", ("greater_than_sign",), "smoother", "smooth more"),
    Key("sweepview", "zoom(2.0)", ("plus",), "zoom in", "zoom in along the x axis"),
    Key("sweepview", "zoom(0.5)", ("minus",), "zoom out", "zoom out along the x axis"),
    Key("sweepview", "whole", ("0",), "all", "the whole x axis again"),
    Key("sweepview", "pause", ("p",), "pause", "pause or resume this value; a dropped one goes on", 5),
    Key("sweepview", "steer_sweep('pause')", ("P",), "pause sweep", "pause or resume the whole sweep", 4),
    Key("sweepview", "steer_sweep('stop')", ("T",), "stop sweep", "stop the whole sweep (asks); its rows stay", 5),
    Key("sweepview", "steer_sweep('delete')", ("D",), "delete sweep", "delete the whole sweep (asks)", 7),
    Key("sweepview", "undo", ("u",), "undo", "undo the last delete, pause, step size or edit"),
    Key("sweepview", "add", ("A",), "add", "add values to this sweep, running or not", 4),
    Key("sweepview", "repeat", ("R",), "repeat", "repeat the sweep with something changed", 5),
    Key("sweepview", "probe", ("b",), "probe", "the probe: the loss after one step with each step size", 6),
    Key("sweepview", "parent", ("circumflex_accent",), "parent", "the sweep that this one refines or repeats"),
    Key("sweepview", "again", ("s",), "sweep", "another sweep, from this value's settings", 6),
    Key("sweepview", "move(1)", ("j", "down"), "down", "the next value", None, 2),
    Key("sweepview", "move(-1)", ("k", "up"), "up", "the value before", None, 2),
    Key("sweepview", "across(1)", ("l", "right"), "right", "along the first parameter of a grid; pan right", None, 2),
    Key("sweepview", "across(-1)", ("h", "left"), "left", "back along it; pan left", None, 2),
    Key("sweepview", "edge(-1)", ("home", "g"), "first", "the lowest value", None, 2),
    Key("sweepview", "edge(1)", ("end", "G"), "last", "the highest value", None, 2),
    Key("sweepview", "app.palette", ("colon", "ctrl+p"), "commands", "everything by name", 5),
    Key("sweepview", "app.copy", ("Y",), "copy", "to the clipboard: the table, a command or the chart"),
    Key("sweepview", "app.save", ("E",), "export", "what is shown: picture, text or values"),
    Key("sweepview", "app.help", (HELP, "f1"), "help", "this page", 1),
    Key("sweepview", "app.leave", ("q",), "quit", "leave; the sweep goes on", 0),
    Key("probe", "start", ("enter",), "start", "a run that goes on from here with this step size", 0),
    Key("probe", "close", ("escape",), "back", "back", 0),
    Key("probe", "move(1)", ("j", "down"), "down", "the next step size", 2, 1),
    Key("probe", "move(-1)", ("k", "up"), "up", "the step size before", 2, 1),
    Key("probe", "best", ("asterisk", "home"), "best", "to the best step size"),
    Key("probe", "across(-1)", ("h", "left"), "earlier", "from the weights of the checkpoint before", 1, 1),
    Key("probe", "across(1)", ("l", "right"), "later", "from the weights of the next checkpoint", 1, 1),
    Key("probe", "sweep", ("s",), "sweep", "many values at once, from this run's settings", 3),
    Key("probe", "find", ("slash",), "find", "probe another run, by number, word or filter", 0),
    Key("probe", "app.palette", ("colon", "ctrl+p"), "commands", "everything by name", 0),
    Key("probe", "app.leave", ("q",), "quit", "leave; the runs go on", 4),
    Key("inspector", "turn(1)", ("tab",), "next tab", "the next tab", 1),
    Key("inspector", "turn(-1)", ("shift+tab",), "tab before", "the tab before"),
    Key("inspector", "tab({key})", tuple("1234567"), "tab", "a tab by its number", None, written="1-7"),
    Key("inspector", "start", ("enter",), "start", "what the tab offers: a run or a sweep from here", 1),
    Key("inspector", "back", ("escape",), "back", "back to where you were", 0),
    Key("inspector", "view", ("v",), "view", "the next way to draw it", 2),
    Key("inspector", "play", ("space",), "play", "in a replay: play, or stand still", 2),
    Key("inspector", "step('{key}')", ("comma", "full_stop"), "step", "one iteration back, one on", 2, 2),
    Key("inspector", "scale(0.5)", ("left_square_bracket",), "smaller", "the number of the tab smaller", 2),
    Key("inspector", "scale(2.0)", ("right_square_bracket",), "larger", "the number of the tab larger", 2),
    Key("inspector", "zoom(2.0)", ("plus",), "zoom in", "a smaller part, larger", 3),
    Key("inspector", "zoom(0.5)", ("minus",), "zoom out", "a larger part, smaller", 3),
    Key("inspector", "whole", ("0",), "all", "everything again", 5),
    Key("inspector", "move(1)", ("j", "down"), "down", "the cursor down", 2, 2),
    Key("inspector", "move(-1)", ("k", "up"), "up", "the cursor up", 2, 2),
    Key("inspector", "across(-1)", ("h", "left"), "left", "the cursor to the left", 3, 2),
    Key("inspector", "across(1)", ("l", "right"), "right", "the cursor to the right", 3, 2),
    Key("inspector", "run(1)", ("pagedown",), "next run", "the next of the runs that are inspected", 3),
    Key("inspector", "run(-1)", ("pageup",), "run before", "the run before"),
    Key("inspector", "find", ("slash",), "find", "inspect another run, by number, word or filter", 0),
    Key("inspector", "app.palette", ("colon", "ctrl+p"), "commands", "everything by name", 0),
    Key("inspector", "app.copy", ("Y",), "copy", "to the clipboard: the numbers or the picture"),
    Key("inspector", "app.save", ("E",), "export", "what is shown: picture, text or values"),
    Key("inspector", "app.help", (HELP, "f1"), "help", "this page", 0),
    Key("inspector", "app.leave", ("q",), "quit", "leave; the runs go on", 4),
    Key("form", "submit", ("enter",), "start", "start the run", 0),
    Key("form", "close", ("escape",), "back", "back to the board; what was typed is kept", 0),
    Key("form", "go(1)", ("tab", "down"), "next", "to the next field", 1, first=True),
    Key("form", "go(-1)", ("shift+tab", "up"), "previous", "to the field before", None, 2, first=True),
    Key("form", "reset", ("ctrl+r",), "defaults", "the defaults in all fields; again: what was there", 2),
    Key("choice", "choose(1)", ("right", "space"), "choose", "the choice before, the next one", 1, written="← →"),
    Key("choice", "choose(-1)", ("left",), "choose", "the choice before"),
    Key("confirm", "confirm", ("enter", "y"), "yes", "yes, do it", 0),
    Key("confirm", "close", ("escape", "n"), "no", "no, leave it as it is", 0),
    Key("prompt", "submit", ("enter",), "apply", "with what is typed", 0),
    Key("prompt", "reset", ("ctrl+r",), "as before", "what stood in the fields at first", 2),
    Key("prompt", "close", ("escape",), "back", "leave everything as it is", 0),
    Key("prompt", "go(1)", ("tab", "down"), "next", "to the next field", 1, 1, first=True),
    Key("prompt", "go(-1)", ("shift+tab", "up"), "previous", "to the field before", None, 1, first=True),
    Key("pick", "submit", ("enter",), "apply", "what the cursor is on", 0),
    Key("pick", "close", ("escape",), "back", "leave everything as it is", 0),
    Key("columns", "submit", ("enter", "space"), "show or hide", "show or hide the column", 0, 2, first=True),
    Key("columns", "close", ("escape",), "back", "back to the board; the columns stay", 0),
    Key("metrics", "submit", ("enter",), "show", "show this metric", 0, first=True),
    Key("metrics", "make_main", ("asterisk",), "main metric", "let it stand for its runs", 0, first=True),
    Key("metrics", "close", ("escape",), "back", "leave everything as it is", 0),
    *(Key(place, "move(1)", ("down", "tab", "ctrl+n"), "down", "down the list", 1, first=True) for place in LISTS),
    *(Key(place, "move(-1)", ("up", "shift+tab", "ctrl+p"), "up", "up the list", 1, first=True) for place in LISTS),
    Key("help", "scroll(1)", ("j", "down"), "down", "a line down", 2, 1),
    Key("help", "scroll(-1)", ("k", "up"), "up", "a line up", 2, 1),
    Key("help", "page(1)", ("pagedown", "space"), "pg down", "a page down"),
    Key("help", "page(-1)", ("pageup",), "pg up", "a page up"),
    Key("help", "edge(-1)", ("home", "g"), "first", "to the first line", None, 2),
    Key("help", "edge(1)", ("end", "G"), "last", "to the last line", None, 2),
    Key("help", "search", ("slash",), "search", "show only the lines with these words", 1),
    Key("help", "turn", ("tab", "right", "left", "shift+tab"), "other page", "keys, or what you see", 1),
    Key("help", "close", ("escape", "question_mark", "q", "enter"), "back", "back to where you were", 0),
    Key("board", "app.palette", ("colon", "ctrl+p"), "commands", "everything by name; also a run by its number", 5),
    Key("board", "app.copy", ("Y",), "copy", "to the clipboard: values, command or chart"),
    Key("board", "app.save", ("E",), "export", "what is shown: picture, text or values"),
    Key("board", "app.help", (HELP, "f1"), "help", "this page", 0),
    Key("board", "app.leave", ("q",), "quit", "leave; the runs go on", 0),
    *(Key(place, "app.release_mouse", ("M",), "mouse", "mouse: the dashboard's or the terminal's") for place in VIEWS),
    *(
        Key(place, "app.next_theme", ("ctrl+t",), "theme", "other colours: dark, light, colour-blind, ansi")
        for place in VIEWS
    ),
    *(Key(place, "app.help", ("f1",), "help", "keys and signs of this view", 1) for place in TYPED),
    *(Key(place, "app.help", (HELP, "f1"), "help", "keys and signs of this view", 0) for place in ASKED),
    Key("app", "start_scene", ("enter",), "start", "in the tour: start the runs of the scene", first=True),
    Key("app", "turn_scene(1)", ("N",), "learn", "the tour in eight scenes: open it; its next scene"),
    Key("app", "turn_scene(-1)", ("F",), "scene before", "in the tour: the scene before"),
    Key("app", "leave_tour", ("Q",), "leave the tour", "leave the tour; N goes on with it"),
    Key("app", "leave", ("ctrl+c", "ctrl+q"), "quit", "leave from anywhere", first=True),
    Key("app", "help", ("f1", HELP), "help", "this page, from anywhere", advertised=2, first=True),
)

LEAVING = frozenset(key for one in KEYS if (one.place, one.action) == ("app", "leave") for key in one.keys)
"""Keys that quit from any screen."""

PROGRAM = frozenset({
    "app.palette", "app.copy", "app.save", "app.release_mouse", "app.next_theme", "app.help", "app.leave",
    "leave", "help",
})  # fmt: skip
"""Actions that are the same everywhere."""

DIALOGS: Mapping[Place, str] = {
    "sweep": "Sweep", "probe": "Probe", "form": "Fields", "choice": "Fields", "prompt": "Fields", "pick": "Commands",
    "columns": "Columns", "metrics": "Metrics", "confirm": "Answers", "help": "Help", "welcome": "Start",
    "inspector": "Inspector",
}  # fmt: skip
"""Groups of the places that have one for all their keys."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Time": (
        "play", "step('{key}')", "speed('{key}')", "jump({key})", "bound('{key}')", "event('{key}')", "stops", "loop",
        "clock", "axes", "live",
    ),
    "Start": (
        "new_run", "app.sweep", "app.probe", "probe", "fork", "replay", "refine", "again", "add", "repeat", "use",
    ),
    "Steer": (
        "pause", "scale_step(0.5)", "scale_step(2.0)", "stop", "edit", "delete", "undo", "steer_sweep('pause')",
        "steer_sweep('stop')", "steer_sweep('delete')", "workers",
    ),
    "Look": (
        "open", "back", "move(1)", "move(-1)", "page(1)", "page(-1)", "edge(-1)", "edge(1)", "spread", "room",
        "split(-1)", "split(1)", "view", "app.open_sweep", "parent", "app.inspect",
    ),
    "List": ("mark", "mark_all", "filter", "find", "sort", "turn", "columns", "pin", "group"),
    "Tour": ("start_scene", "turn_scene(1)", "turn_scene(-1)", "leave_tour"),
    "Chart": (
        "metric", "layout", "readout", "log_y", "x_axis", "log_x", "smooth(-1)", "smooth(1)", "bands", "seeds",
        "zoom(2.0)", "zoom(0.5)", "across(-1)", "across(1)", "whole", "zoom_y(2.0)", "zoom_y(0.5)", "fit", "follow",
    ),
}  # fmt: skip
"""The groups of the views in the order of the help page, and their actions in theirs."""

SHARED_WITH_REPLAY = frozenset({
    "open", "log_y", "x_axis", "log_x", "layout", "room", "split(-1)", "split(1)",
    "metric", "readout", "zoom(2.0)", "zoom(0.5)", "across(-1)",
    "across(1)", "whole", "follow", "move(1)", "move(-1)", "back", "page(1)", "page(-1)", "spread",
    "bands", "seeds", "zoom_y(2.0)", "zoom_y(0.5)", "fit", "smooth(-1)", "smooth(1)",
    "app.help", "app.leave", "app.inspect",
    "app.palette", "app.copy", "app.save", "app.release_mouse", "app.next_theme",
})  # fmt: skip
"""Actions of the board that a replay has, too: they change the view, but no run."""


def keys_of(*places: Place) -> list[Key]:
    """Return the keys of some places in the order of the table; those a replay shares with the board come last."""
    own = [key for key in KEYS if key.place in places]
    if "replay" in places:
        own += [key for key in KEYS if key.place == "board" and key.action in SHARED_WITH_REPLAY]
    return own


def bindings(place: Place) -> list[BindingType]:
    """Return the Textual bindings of one place."""
    return [
        Binding(names, key.action.format(key=names), key.word, show=False, priority=key.first)
        for key in keys_of(place)
        for names in (key.keys if "{key}" in key.action else (",".join(key.keys),))
    ]


def place_of(given: Sequence[BindingType]) -> Place | None:
    """Return the place whose bindings these are; None if they are of none."""
    return next((place for place in get_args(Place) if bindings(place) == list(given)), None)
