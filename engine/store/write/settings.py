"""Settings: choices stored with a store, for all its users."""

from __future__ import annotations

from engine.store.file.connection import Connection


class Settings:
    """Text values by name, uninterpreted; `Reader.setting` reads them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set(self, name: str, value: str | None) -> None:
        """Store a value; None restores the default."""
        with self._connection.transaction() as raw:
            if value is None:
                raw.execute("DELETE FROM settings WHERE name = ?", (name,))
            else:
                raw.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, value))
