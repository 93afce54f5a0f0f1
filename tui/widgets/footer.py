"""The footer: the keys that work here, from the key table; and the message line above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.strip import Strip

from tui.colours.theme import ACCENTED, DIM, TEXT, WARNED
from tui.model.keymap import NAMES, Key
from tui.presenting.offered_keys import footer, gap, text
from tui.text.parts import Part, cells
from tui.text.widths import width_of, wrapped
from tui.widgets.lines import Lines, strip


class Footer(Lines):
    """Shows the keys that fit, with their words. A click on one does what the key does."""

    def __init__(self, keys: Callable[[], Sequence[Key]], *, css_id: str | None = None) -> None:
        super().__init__(self._line, css_id=css_id)
        self._keys = keys
        self._actions: list[tuple[range, str]] = []
        self._drawn_for: tuple[Sequence[Key], int] = ((), 0)
        self._row = Strip([])

    def _line(self, width: int, _: int) -> list[Strip]:
        asked = self._keys(), width
        if asked != self._drawn_for:  # a replay asks for it at each frame
            self._row, self._actions = key_line(*asked)
            self._drawn_for = asked
        return [self._row]

    async def on_click(self, event: events.Click) -> None:
        event.stop()
        for columns, action in self._actions:
            if event.x in columns:
                await self.screen.run_action(action)


def key_line(keys: Sequence[Key], width: int) -> tuple[Strip, list[tuple[range, str]]]:
    """The keys that fit into `width` cells, with their words, and which columns do what.

    A word belongs to the first key beside it.
    """
    parts: list[Part] = []
    actions: list[tuple[range, str]] = []
    start = 1
    for key in footer(keys, width - 2):
        end = start + width_of(text(key))
        parts += [(" " * (start - cells(parts)), TEXT), (key.keys_text, ACCENTED), (f" {key.word}".rstrip(), DIM)]
        for name in key.keys[: key.advertised][1:]:
            actions.append((_columns_of(key, name, start), key.action.format(key=name)))
        actions.append((range(start, end), key.action.format(key=key.keys[0])))
        start = end + gap(key)
    return strip(parts, width), actions


def _columns_of(key: Key, name: str, start: int) -> range:
    """Where one of a key's names stands; the key is shown from column `start` on."""
    at = 0
    for one in key.keys[: key.advertised]:
        key_text = NAMES.get(one, one)
        if one == name:
            return range(start + at, start + at + width_of(key_text))
        at += width_of(key_text) + 1
    return range(0)


def message_lines(sentence: str, width: int, height: int, hint: str = "", *, failed: bool = False) -> list[Strip]:
    """A cleaned sentence about what happened, and a hint which key to press."""
    sign: Part = (" ! ", WARNED) if failed else (" › ", ACCENTED)
    return sentence_lines(sign, sentence, width, height, [(hint + " ", ACCENTED)] if hint else [])


def sentence_lines(sign: Part, sentence: str, width: int, height: int, right: Sequence[Part] = ()) -> list[Strip]:
    """A cleaned sentence after a sign, in up to `height` rows; `right` ends the first one."""
    room = width - cells([sign]) - (cells(right) + 1 if right else 0)
    lines = wrapped(sentence, room) or [""]
    last = max(height, 1) - 1
    lines[last:] = (
        [" ".join(lines[last:])] if lines[last:] else []
    )  # strip() ends a row that is too long with an ellipsis
    indent = (" " * cells([sign]), TEXT)
    first, *others = lines
    return [strip([sign, (first, TEXT)], width, right), *(strip([indent, (line, TEXT)], width) for line in others)]


def too_small(least: tuple[int, int], going_on: str, width: int) -> list[Strip]:
    """What stands in place of a screen that needs `least` columns and rows: that, what goes on, and the way out."""
    lines = ("terminal too small", f"needs {least[0]}x{least[1]}", going_on, "q quit")
    return [strip([(word, WARNED)], width) for word in lines if word]
