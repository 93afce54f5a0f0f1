"""Colours and markers: stable, different, and never colour alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.chart.cells.picture import BLANK, CURSOR, FRAME, HINT, TICK, TITLE, faint, strong
from tui.chart.drawing.markers import SIGNS
from tui.colours import palette
from tui.colours.palette import Scheme
from tui.model.choices import MOST_MARKED
from tui.text.widths import width_of

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
def test_every_curve_of_a_full_chart_has_a_marker_of_its_own_that_is_no_event(ascii_only: bool) -> None:
    at_most = MOST_MARKED + 1  # the run under the cursor needs no mark
    signs = [palette.marker(slot, ascii_only=ascii_only) for slot in range(at_most)]
    assert len(set(signs)) == at_most
    assert {width_of(sign) for sign in signs} == {1}
    assert not {*signs} & {*SIGNS["ascii" if ascii_only else "unicode"].values(), "★"}
    assert len({palette.colour(slot) for slot in range(8)}) == 8


@pytest.mark.parametrize("scheme", ["dark", "light", "ansi-dark", "ansi-light", "none"])
def test_every_style_can_be_painted_under_every_scheme(scheme: Scheme) -> None:
    for style in (BLANK, FRAME, TICK, TITLE, HINT, CURSOR, *range(16, 256)):
        assert isinstance(palette.attributes(style, scheme).colour, str)
    assert palette.attributes(strong(3), scheme) != palette.attributes(faint(3), scheme)
    assert (palette.attributes(strong(3), scheme).colour == "") == (scheme == "none")
