"""Creation: a new store appears atomically and complete; an older one is migrated."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from engine.files.locks import exclusive_lock
from engine.store.file.connection import APPLICATION_ID, SCHEMA_VERSION, connect, explained, pragma, write_lock
from engine.store.file.filesystem import journal_mode
from engine.store.records import StoreError
from engine.store.schema.journal import JOURNALS, put_aside


def make_store(place: Path) -> None:
    """Create a store under a temporary name and link it into place, unless another process was faster.

    The file at `place` is therefore never incomplete, even if this process is killed.
    Raises StoreError when the folder is missing or not writable.
    """
    if not place.parent.is_dir():
        raise StoreError(
            f"The folder {place.parent} does not exist. Nothing was made; create it, or name another file with --db."
        )
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".new", dir=place.parent)
    except OSError as error:
        raise StoreError(
            f"No store can be made in {place.parent}: {error.strerror}. Use another place with --db."
        ) from error
    os.close(descriptor)
    draft = Path(name)
    try:
        with explained(place), closing(connect(draft, "mode=rw")) as raw:
            raw.execute("PRAGMA auto_vacuum = INCREMENTAL")
            raw.execute(f"PRAGMA journal_mode = {journal_mode(place)}")
            bring_up_to_date(raw)
        with exclusive_lock(place.parent):
            if not os.path.lexists(place):
                put_aside(place)  # a journal that outlived its deleted store
                _link(draft, place)
    finally:
        for leftover in (draft, *(Path(f"{draft}{suffix}") for suffix in JOURNALS)):
            leftover.unlink(missing_ok=True)


def bring_up_to_date(raw: sqlite3.Connection) -> None:
    """Apply the missing migrations to a store, under one write lock."""
    from engine.store.schema import migrations

    with write_lock(raw):
        if pragma(raw, "user_version") < SCHEMA_VERSION:
            migrations.apply(raw)
            raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            raw.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _link(draft: Path, place: Path) -> None:
    try:
        os.link(draft, place)
    except FileExistsError:
        return
    except OSError:
        os.rename(draft, place)  # a file system without hard links
