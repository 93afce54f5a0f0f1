"""Tables: text files of numbers with a separator between them, plain or gzipped, whose classes may be texts."""

from __future__ import annotations

import csv
import gzip
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np
from numpy.typing import NDArray

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
LABEL_COLUMNS = ("y", "label", "class")
MOST_BYTES = 4 << 30
FIRST_LINE = 1 << 20

Table = tuple[NDArray[Any], NDArray[Any]]


def is_gzipped(path: Path) -> bool:
    """True if a file's name says that it is gzipped."""
    return path.suffix.lower() == ".gz"


def read_table(path: Path) -> Table:
    """Read X (N, D) and the classes y (N,), numbers or texts, of a .csv or a .csv.gz.

    Raises ValueError that says what does not fit, with its row and column; OSError, EOFError or zlib.error for a file
    that cannot be read.
    """
    with _opened(path) as file:
        separator, names = _header(file)
        start = file.tell()
        width = len(names) or len(_cells(file, separator))
        file.seek(start)
        column = _label_column(names, width)
        try:
            table = _numbers(file, separator)
        except ValueError as error:
            file.seek(start)
            return _with_text_labels(file, separator, names, column, error)
    if not table.size:
        raise ValueError("expected a table of numbers, but it is empty")
    _check_width(names, table.shape[1])
    return _features(names, table, column), table[:, column]


def read_features(path: Path, features: int) -> NDArray[Any]:
    """Read X (N, features) of a .csv or a .csv.gz whose class column may be there or not. Raises as `read_table`."""
    with _opened(path) as file:
        separator, names = _header(file)
        start = file.tell()
        width = len(names) or len(_cells(file, separator))
        file.seek(start)
        has_index = bool(names) and not names[0]
        has_labels = any(name in LABEL_COLUMNS for name in names) or width - has_index == features + 1
        if width - has_index - has_labels != features:
            raise ValueError(f"it has {width - has_index - has_labels:,} features; the run learnt from {features:,}")
        label = _label_column(names, width) if has_labels else None
        chosen = [i for i in range(int(has_index), width) if i != label]
        try:
            table = _numbers(file, separator, usecols=chosen)
        except ValueError as error:
            raise ValueError(f"expected a table of numbers, but {_told(error, separator)}") from None
    if not table.size:
        raise ValueError("expected a table of numbers, but it is empty")
    return table


def column_names(path: Path, features: int) -> tuple[str, ...]:
    """Return what the header of a .csv or a .csv.gz calls its features, in their order; empty where it has none.

    Raises as `read_table`.
    """
    with _opened(path) as file:
        separator, names = _header(file)
        file.seek(0)
        given = [cell.strip() for cell in _cells(file, separator)]
    label = _label_column(names, len(names))
    chosen = [given[i] for i in range(len(names)) if i != label]
    if len(chosen) == features + 1 and not chosen[0]:
        del chosen[0]  # it counts the rows
    return tuple(chosen) if len(chosen) == features else ()


def _opened(path: Path) -> TextIO:
    if not is_gzipped(path):
        return path.open(encoding="utf-8-sig", newline="")
    import io

    return io.TextIOWrapper(cast("Any", _Bounded(path)), encoding="utf-8-sig", newline="")


class _Bounded(gzip.GzipFile):
    """A gzip stream of at most MOST_BYTES, so that a small file cannot fill the memory."""

    def read1(self, size: int = -1) -> bytes:
        """Read up to `size` bytes. Raises ValueError beyond MOST_BYTES."""
        data = super().read1(size)
        if self.tell() > MOST_BYTES:
            raise ValueError(f"it unpacks to more than {MOST_BYTES:,} bytes")
        return data


def _numbers(file: TextIO, separator: str, **settings: Any) -> NDArray[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an error replaces the warning "no data"
        return np.loadtxt(file, delimiter=separator, ndmin=2, comments=None, quotechar='"', **settings)


def _with_text_labels(file: TextIO, separator: str, names: list[str], column: int, error: ValueError) -> Table:
    """Read the rest of a file whose classes are text. Raises ValueError, with the first `error`, where they are not."""
    codes: dict[str, int] = {}
    converters = {column: lambda text: codes.setdefault(text.strip(), len(codes))}
    try:
        table = _numbers(file, separator, converters=converters)
    except ValueError as again:
        raise ValueError(f"expected a table of numbers, but {_told(again, separator)}") from None
    if "" in codes:
        row = int(np.argmax(table[:, column] == codes[""])) + 1
        raise ValueError(f"its class in row {row} is empty (rows are counted from 1, without the header)")
    if any(map(is_number, codes)):
        raise ValueError(f"expected a table of numbers, but {_told(error, separator)}")
    _check_width(names, table.shape[1])
    return _features(names, table, column), np.array(list(codes))[table[:, column].astype(np.intp)]


def _features(names: Sequence[str], table: NDArray[Any], column: int) -> NDArray[Any]:
    """All columns but that of the classes, and but one without a name that counts the rows, as pandas writes it."""
    left_out = [column]
    if names and not names[0] and column and (np.diff(table[:, 0]) == 1).all():
        left_out.append(0)
    return np.delete(table, left_out, axis=1)


def _label_column(names: Sequence[str], width: int) -> int:
    return next((names.index(name) for name in LABEL_COLUMNS if name in names), width - 1)


def _check_width(names: Sequence[str], width: int) -> None:
    if names and len(names) != width:
        raise ValueError(f"its header names {len(names)} columns, its rows have {width}")


def _told(error: ValueError, separator: str) -> str:
    """NumPy's error with its rows and columns counted from 1: it counts from 0 where a text is no number."""
    text = str(error).partition("; use `")[0].rstrip(".")
    place = re.search(r"^could not convert string (.*) to \w+ at row (\d+), column (\d+)$", text)
    if place is not None:
        given, where = place[1].strip("'\""), f"row {int(place[2]) + 1}, column {place[3]}"
        text = f"the cell in {where} is empty" if not given.strip() else f"the cell in {where} is {place[1]}"
        if separator == ";" and re.fullmatch(r"-?\d+,\d+", given.strip()):
            text += ": write numbers with a point"
    hint = " (rows are counted from 1, without the header)" if "row" in text else ""
    return f"{text}{hint}"


def _cells(file: TextIO, separator: str) -> list[str]:
    return next(csv.reader([file.readline(FIRST_LINE)], delimiter=separator), [])


def _header(file: TextIO) -> tuple[str, list[str]]:
    """Return the separator and the first line as column names in lower case; if it is an example, rewind: no names."""
    line = file.readline(FIRST_LINE)
    found = {separator: next(csv.reader([line], delimiter=separator), []) for separator in SEPARATORS}
    separator = max(found, key=lambda one: len(found[one]))
    cells = [cell.strip().lower() for cell in found[separator]]
    if len(cells) == 1:
        raise ValueError(
            f"expected at least one column of X and one of y, separated by {', '.join(SEPARATORS.values())}; "
            f"found one column"
        )
    if cells and (not any(map(is_number, cells)) or _counts(cells) or any(cell in LABEL_COLUMNS for cell in cells)):
        return separator, cells
    file.seek(0)
    return separator, []


def _counts(cells: Sequence[str]) -> bool:
    """True if cells number the columns, from 0 or 1, as pandas writes them where columns have no names."""
    numbered = list(cells[1:] if not cells[0] else cells)
    return len(numbered) > 2 and any(
        numbered == [str(i) for i in range(first, first + len(numbered))] for first in (0, 1)
    )


def is_number(cell: str) -> bool:
    """True if a text is a number, nan and inf included."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
