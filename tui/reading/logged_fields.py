"""Logged fields: which metrics and config values lists may show, and their values in the rows that are seen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice

from engine.store import Reader
from engine.store.list.columns import KIND, Variety
from engine.store.list.logged_fields import PREFIX, LoggedField, logged_field, sought
from tui.model.choices import Choices
from tui.model.run_seen import RowPreview

REST_S = 3.0
"""Shortest time in seconds between two reads of the names, which grow while runs begin to log."""

MOST_FIELDS = 24
"""Most fields whose values are read for a row."""


class LoggedFieldsReader:
    """Reads the names that logged runs have given, now and then."""

    def __init__(self) -> None:
        self.found: tuple[str, ...] = ()
        self._variety: Variety | None = None
        self._read_at = float("-inf")

    def read(self, reader: Reader, variety: Variety) -> None:
        """Read the names where other runs are there, or after a rest; none where every run is the engine's."""
        if KIND not in variety:
            self.found = ()
            return
        if variety is self._variety and time.monotonic() - self._read_at < REST_S:
            return
        names = reader.logged_names
        self.found = tuple(
            f"{prefix}{name}" for source, prefix in PREFIX.items() for name in names.known(source) if name
        )
        self._variety, self._read_at = variety, time.monotonic()


def with_values(
    reader: Reader, previews: Mapping[int, RowPreview], variety: Variety, choices: Choices, *, of_now: bool = True
) -> Mapping[int, RowPreview]:
    """The previews of rows with the values of fields that the list may show: those that differ, and those chosen.

    Of another moment than now only the config is known.
    """
    wanted = dict.fromkeys((*choices.columns.shown, *variety))
    found = (field for name in wanted if (field := _field(reader, name)) is not None)
    fields = list(islice((field for field in found if of_now or field.source == "config"), MOST_FIELDS))
    if not fields or not previews:
        return previews
    given = reader.logged_values(previews, fields)
    return {run_id: replace(one, values=given.get(run_id, {})) for run_id, one in previews.items()}


def _field(reader: Reader, name: str) -> LoggedField | None:
    """The field of a column; None for one of the store's. A metric's own name may look like another one's `.min`."""
    field = logged_field(name)
    is_plain = field is None or field.part == "last"
    return field if is_plain else sought(name, reader.logged_names) or field
