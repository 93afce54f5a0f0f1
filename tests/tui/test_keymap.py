"""The key table: one meaning for a letter in all views, capitals for what acts on a whole sweep."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tui.model.keymap import KEYS, Key, Place, keys_of
from tui.presenting.offered_keys import footer
from tui.widgets.footer import key_line

ANSWERS = {"confirm"}
"""Places whose letters answer a question: y and n are yes and no there."""

ALIKE = (
    {"open", "start", "submit", "confirm", "race"},
    {"replay", "live"},
    {"app.sweep", "sweep", "again"},
    {"app.probe", "probe"},
    {"view", "layout"},
    {"move(1)", "scroll(1)"},
    {"move(-1)", "scroll(-1)"},
    {"app.leave", "close", "leave"},
)
"""Actions of different views that are the same thing to the viewer."""


def meaning(key: Key) -> str:
    """What a key does, whatever the view calls it."""
    return next((min(alike) for alike in ALIKE if key.action in alike), key.action)


def letters() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for key in KEYS:
        if key.place not in ANSWERS:
            for name in key.keys:
                if len(name) == 1 and name.isalpha():
                    found[name].add(meaning(key))
    return found


@pytest.mark.parametrize("letter", sorted(letters()))
def test_a_letter_has_one_meaning_in_all_views(letter: str) -> None:
    assert len(letters()[letter]) == 1


@pytest.mark.parametrize("place", ["board", "sweepview"])
def test_what_acts_on_a_whole_sweep_is_a_capital(place: Place) -> None:
    found = [key for key in KEYS if key.place == place and key.action.startswith("steer_sweep")]
    assert len(found) == 3
    assert all(name.isupper() for key in found for name in key.keys)


VIEWS: tuple[Place, ...] = ("board", "replay", "sweepview", "probe", "inspector")


@pytest.mark.parametrize("place", VIEWS)
def test_five_keys_work_in_every_view(place: Place) -> None:
    names = {name for key in keys_of(place) for name in key.keys}
    assert names >= {"slash", "colon", "question_mark", "escape", "q"}


@pytest.mark.parametrize("place", VIEWS)
def test_no_key_stands_twice_in_a_view(place: Place) -> None:
    names = [name for key in keys_of(place) for name in key.keys]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("room", [20, 40, 80, 120])
def test_the_footer_fits(room: int) -> None:
    kept = footer(keys_of("board"), room)
    strip, actions = key_line(keys_of("board"), room + 2)
    assert len(actions) >= len(kept) > 0
    assert "…" not in strip.text
    assert len(strip.text.rstrip()) <= room + 1


@pytest.mark.parametrize("place", VIEWS)
def test_a_narrow_footer_keeps_the_keys_that_work_everywhere_without_their_words(place: Place) -> None:
    told = " ".join(key.keys_text for key in footer(keys_of(place), 38))
    assert all(name in told.split() for name in ("/", ":", "?")), told


def test_two_keys_of_a_pair_share_a_word_and_are_dropped_together() -> None:
    pair = [key for key in keys_of("probe") if key.action.startswith("move")]
    strip, actions = key_line(pair, 40)
    assert strip.text.rstrip() == " j k move"
    assert [(columns.start, action) for columns, action in actions] == [(1, "move(1)"), (3, "move(-1)")]
    assert footer(pair, 7) == []


def test_commands_and_help_stay_in_the_inspectors_footer_at_80_columns() -> None:
    assert {"app.palette", "app.help"} <= {key.action for key in footer(keys_of("inspector"), 78)}
