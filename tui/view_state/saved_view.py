"""The saved view of each store: one small file per store in the user's state folder.

Such a file counts as another program's: whatever it contains, reading it returns a View, and a value that does not fit
its field leaves the default.
"""

from __future__ import annotations

import json
import os
import stat
import zlib
from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args

from engine.files.paths import state_folder
from engine.store.list.columns import COLUMNS
from engine.store.list.listing import ORDER_ALIASES, ORDERS
from engine.store.list.logged_fields import logged_field
from engine.trace.smoothing import HALF_LIFE
from tui.chart.values.view import XKind
from tui.model.chart_options import BANDS, LAYOUTS, SEEDS

VERSION = 1
MOST_BYTES = 64 * 1024
MOST_FILES = 200
MOST_NUMBERS = 500
MOST_CHARACTERS = 500
MOST_WORDS = 20
MOST_COLUMNS = 200
LARGEST_NUMBER = 2**53

POINTING = "point("
"""How an action of the palette that names a run begins."""

NAMES = frozenset({*COLUMNS, "curve"})
"""The columns that a person can choose."""

Reader = Callable[[Any, Any], Any]
"""(JSON value, default) to the value of a field; the default if the JSON value does not fit."""


def _boolean(found: Any, default: bool) -> bool:
    return found if isinstance(found, bool) else default


def _integer(found: Any, default: int) -> int:
    return found if _is_integer(found) else default


def _is_integer(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= LARGEST_NUMBER


def _float(found: Any, default: float) -> float:
    fits = isinstance(found, (int, float)) and not isinstance(found, bool) and 0 <= found <= LARGEST_NUMBER
    return float(found) if fits else default


def _share(found: Any, default: float) -> float:
    return float(found) if isinstance(found, float) and 0 < found < 1 else default


def _numbers(found: Any, default: tuple[int, ...]) -> tuple[int, ...]:
    if not isinstance(found, (list, tuple)):
        return default
    return tuple(dict.fromkeys(number for number in found if _is_integer(number)))[:MOST_NUMBERS]


def _words(found: Any, default: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(found, (list, tuple)):
        return default
    words = [word for word in found if isinstance(word, str) and word and _text(word, "") == word]
    return tuple(dict.fromkeys(words))[:MOST_WORDS]


def _text(found: Any, default: str) -> str:
    fits = isinstance(found, str) and len(found) <= MOST_CHARACTERS and found.isprintable()
    return found if fits else default


def _one_of(choices: tuple[str, ...]) -> Reader:
    return lambda found, default: found if isinstance(found, str) and found in choices else default


def _order(found: object, default: Any) -> Any:
    if isinstance(found, str) and logged_field(found) is not None:
        return _text(found, default)
    return _one_of(ORDERS)(ORDER_ALIASES.get(found, found) if isinstance(found, str) else found, default)


def _columns(found: Any, default: tuple[str, ...]) -> tuple[str, ...]:
    if not _is_words(found):
        return default
    return tuple(name for name in dict.fromkeys(found) if name in NAMES or _is_logged(name))[:MOST_COLUMNS]


def _is_logged(name: str) -> bool:
    """Whether a column is of a logged field, and may be kept."""
    return logged_field(name) is not None and _text(name, "") == name


def _is_words(found: Any) -> bool:
    return isinstance(found, list | tuple) and all(isinstance(word, str) for word in found)


def _field(default: Any, read: Reader, key: str = "") -> Any:
    """A field that `read` reads from the file; `key` is its name there, if that is not its own."""
    return field(default=default, metadata={"read": read, "key": key})


def _key(entry: Field[Any]) -> str:
    return entry.metadata["key"] or entry.name


@dataclass(frozen=True, slots=True)
class View:
    """The saved view, in plain values.

    `marked` are run numbers in mark order, `by_hand` those that a person marked; runs up to the number `considered_to`
    have been considered for a mark. `pointed` is the run under the cursor; 0 is none. `smoothing` is a half-life in
    iterations, `bands` says whose raw values are drawn, `seeds` how runs that differ in their seed
    alone are. `list_width` and `list_height` are the list's share of the room
    beside and above the chart; 0 is the default. `columns` and `hidden_columns` were chosen to be seen, or not to be.
    `metric`, `theme`, `filter`, `lessons` (those already shown), `recent` (actions of the palette, newest first),
    `scene` (the present one of the tour) and `learned` (those that are done) are any printable text: their users check
    that the values are still known. `created_at` is when the store of these runs was created; '' is unknown.
    """

    marked: tuple[int, ...] = _field((), _numbers)
    by_hand: tuple[int, ...] = _field((), _numbers)
    considered_to: int = _field(0, _integer, key="met")
    pinned: tuple[int, ...] = _field((), _numbers)
    pointed: int = _field(0, _integer)
    x_kind: str = _field("iteration", _one_of(get_args(XKind)))
    log_x: bool = _field(False, _boolean)
    log_y: bool = _field(True, _boolean)
    following: bool = _field(True, _boolean)
    metric: str = _field("loss", _text, key="measure")
    smoothing: float = _field(HALF_LIFE, _float)
    bands: str = _field(BANDS[0], _one_of(BANDS))
    seeds: str = _field(SEEDS[0], _one_of(SEEDS))
    layout: str = _field("together", _one_of(LAYOUTS))
    list_width: float = _field(0.0, _share)
    list_height: float = _field(0.0, _share)
    sort: str = _field("run", _order)
    reverse: bool = _field(False, _boolean)
    grouped: bool = _field(False, _boolean)
    columns: tuple[str, ...] = _field((), _columns)
    hidden_columns: tuple[str, ...] = _field((), _columns)
    filter: str = _field("", _text)
    theme: str = _field("", _text)
    lessons: tuple[str, ...] = _field((), _words)
    recent: tuple[str, ...] = _field((), _words)
    scene: str = _field("", _text)
    learned: tuple[str, ...] = _field((), _words)
    created_at: str = _field("", _text, key="born")

    def of_store(self, created_at: str) -> View:
        """The view for the store made at `created_at`: what names runs is dropped if it was saved for another store."""
        if not self.created_at or self.created_at == created_at:
            return replace(self, created_at=created_at)
        return replace(
            self,
            marked=(),
            by_hand=(),
            considered_to=0,
            pinned=(),
            pointed=0,
            filter="",
            lessons=(),
            scene="",
            learned=(),
            recent=tuple(action for action in self.recent if not action.startswith(POINTING)),
            created_at=created_at,
        )


def load(path: str | os.PathLike[str]) -> View:
    """The saved view of the store at a path; the default view if there is none. A bad file raises nothing."""
    try:
        found = json.loads(_read(_file(path)))
    except (OSError, ValueError, RecursionError):
        return View()
    if not isinstance(found, dict) or found.get("version") != VERSION:
        return View()
    return _view(found.get("view"))


def save(path: str | os.PathLike[str], view: View) -> bool:
    """Save the view of the store at a path; False if that fails, which is no reason to stop.

    Writes only what `load` would accept. The file is replaced atomically and readable by its owner alone.
    """
    plain = _view({_key(entry): getattr(view, entry.name) for entry in fields(View)})
    values = {_key(entry): getattr(plain, entry.name) for entry in fields(View)}
    text = json.dumps({"version": VERSION, "store": os.path.realpath(path), "view": values}, indent=1)
    file = _file(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _replace(file, text.encode())
        _prune(file.parent)
    except OSError:
        return False
    return True


def folder() -> Path:
    """The folder of the saved views."""
    return state_folder() / "views"


def _file(path: str | os.PathLike[str]) -> Path:
    """The file of a store, the same for every path to it."""
    real = os.fsencode(os.path.realpath(path))
    # two checksums tell a few hundred paths apart, and a hash would import another library
    return folder() / f"{zlib.crc32(real):08x}{zlib.adler32(real):08x}.json"


def _view(found: Any) -> View:
    values: dict[str, Any] = found if isinstance(found, dict) else {}
    if "layout" not in values and values.get("grid") is True:
        values = {**values, "layout": "runs"}  # from versions with one kind of grid
    known = (entry for entry in fields(View) if _key(entry) in values)
    return View(**{entry.name: entry.metadata["read"](values[_key(entry)], entry.default) for entry in known})


def _read(file: Path) -> bytes:
    """The bytes of a regular file of at most MOST_BYTES. Raises OSError, ValueError."""
    # non-blocking: a pipe in its place must not block the dashboard
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{file} is no regular file")
        data = opened.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{file} is longer than {MOST_BYTES} bytes")
    return data


def _replace(file: Path, data: bytes) -> None:
    import tempfile  # needed only to save

    descriptor, name = tempfile.mkstemp(suffix=".new", dir=file.parent)
    try:
        with open(descriptor, "wb") as new:
            new.write(data)
        os.replace(name, file)
    except OSError:
        os.unlink(name)
        raise


def _prune(folder: Path) -> None:
    """Delete the views not saved for the longest time, and parts that a killed dashboard left."""
    found = [entry for entry in os.scandir(folder) if entry.name.endswith((".json", ".new"))]
    if len(found) > MOST_FILES:
        found.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime)
        for entry in found[:-MOST_FILES]:
            Path(entry.path).unlink(missing_ok=True)
