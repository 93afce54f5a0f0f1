"""Keys: the keys of a view in groups, those that lead from it last."""

from __future__ import annotations

from tui.colours.theme import ACCENTED
from tui.model import keymap
from tui.model.keymap import DIALOGS, GROUPS, Key, Place
from tui.presenting.explained.blocks import Block, Entry

WITH_THEM: dict[Place, tuple[Place, ...]] = {"form": ("form", "choice"), "sweep": ("sweep", "choice")}
"""Places whose keys work at the same time."""

ORDER = tuple(dict.fromkeys((*GROUPS, *DIALOGS.values(), "Program")))
"""The groups in the order of the page."""


def key_blocks(place: Place) -> list[Block]:
    """All keys that work in a place, those of the whole program included, one entry for each.

    A key that stands beside another one, as `← →` are one entry, has none of its own.
    """
    own = keymap.keys_of(*WITH_THEM.get(place, (place,)))
    helps = any(key.action == "app.help" for key in own)
    taken = {key.keys_text for key in own}
    everywhere = (
        key for key in keymap.keys_of("app") if key.keys_text not in taken and not (helps and key.action == "help")
    )
    groups: dict[str, list[Entry]] = {}
    told = {(key.place, name) for key in own if key.written for name in key.written.split()}
    for key in (*own, *everywhere):
        if key.written or (key.place, key.keys_text) not in told:
            groups.setdefault(key.group, []).append(_entry(key))
    return [Block(name, tuple(groups[name])) for name in ORDER if name in groups]


def _entry(key: Key) -> Entry:
    return Entry(((key.all_keys_text, ACCENTED),), key.help)
