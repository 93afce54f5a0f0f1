"""Colours and markers: stable, different, and never colour alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.chart.cells.picture import BLANK, CURSOR, FRAME, HINT, TICK, TITLE, faint, strong
from tui.colours import palette
from tui.colours.palette import Scheme

RUN_IDS = st.lists(st.integers(1, 50), unique=True, max_size=20)


@given(RUN_IDS, RUN_IDS)
def test_a_run_keeps_its_slot_while_it_is_marked_and_no_two_share_one(before: list[int], after: list[int]) -> None:
    held = palette.assign(before)
    slots = palette.assign(after, held)
    assert set(slots) == set(after)
    assert len(set(slots.values())) == len(after)
    assert all(slots[run_id] == held[run_id] for run_id in after if run_id in held)
    assert palette.assign(before) == {run_id: slot for slot, run_id in enumerate(before)}


@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_first_64_slots_differ_in_colour_or_marker_and_the_first_eight_in_both(ascii_only: bool) -> None:
    pairs = [(palette.colour(slot), palette.marker(slot, ascii_only=ascii_only)) for slot in range(64)]
    assert len(set(pairs)) == 64
    assert len({marker for _, marker in pairs[:8]}) == len({colour for colour, _ in pairs[:8]}) == 8


@pytest.mark.parametrize("scheme", ["dark", "light", "ansi-dark", "ansi-light", "none"])
def test_every_style_can_be_painted_under_every_scheme(scheme: Scheme) -> None:
    for style in (BLANK, FRAME, TICK, TITLE, HINT, CURSOR, *range(16, 256)):
        assert isinstance(palette.attributes(style, scheme).colour, str)
    assert palette.attributes(strong(3), scheme) != palette.attributes(faint(3), scheme)
    assert (palette.attributes(strong(3), scheme).colour == "") == (scheme == "none")
