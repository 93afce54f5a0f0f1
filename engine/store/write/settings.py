"""Settings: the few things about a store that people choose once, for everyone who uses it."""

from __future__ import annotations

from engine.store.file.connection import Connection


class Settings:
    """Words by name; `Reader.setting` reads them. What a value means is known to whoever asks for it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set(self, name: str, value: str | None) -> None:
        """Store a value; None goes back to the default."""
        with self._connection.transaction() as raw:
            if value is None:
                raw.execute("DELETE FROM settings WHERE name = ?", (name,))
            else:
                raw.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, value))
