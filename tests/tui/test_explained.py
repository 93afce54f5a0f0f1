"""What the help explains, held to what the screen shows: nothing stands there without a line."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.probe import Judgement
from engine.spec import FIELDS
from engine.store.list.filter_fields import STATUSES
from tui.chart.drawing import loss_by_value, markers
from tui.chart.drawing.weight_cells import Manner
from tui.chart.values.metrics import METRICS
from tui.chart.values.view import X_KINDS, MarkKind
from tui.model.clock import STOPS
from tui.model.inspection.subjects import TITLES, TabName
from tui.model.keymap import KEYS, Place, bindings, keys_of, place_of
from tui.presenting.explained import words
from tui.presenting.explained.blocks import Block, laid_out, narrowed
from tui.presenting.explained.inspector import PURPOSES, TABS, tab_block
from tui.presenting.explained.keys import WITH_THEM, key_blocks
from tui.presenting.explained.seen import VIEWS, seen_blocks
from tui.presenting.explained.statuses import MEANINGS, SIGNS
from tui.screens.help import NAMES
from tui.text.parts import cells
from tui.widgets.columns import MEASURED
from tui.widgets.scrubber import KIND_WORDS
from tui.widgets.sweep import table


def text_of(blocks: list[Block]) -> str:
    return " ".join(entry.text for block in blocks for entry in block.entries)


def test_every_status_has_a_sign_of_its_own_and_a_meaning() -> None:
    assert set(SIGNS) == set(MEANINGS) == set(STATUSES)
    assert len({sign for sign, _ in SIGNS.values()}) == len(SIGNS)


def test_every_column_of_the_list_has_a_line() -> None:
    assert {column.title for column in MEASURED} <= set(words.COLUMNS) | set(words.SETTINGS)


def test_every_column_of_a_sweep_has_a_line() -> None:
    titles = set(re.findall(r'SweepColumn\(\s*"([^"]+)"', inspect.getsource(table)))
    assert titles
    assert titles == set(words.SWEEP_COLUMNS)


def test_every_metric_mark_clock_stop_sign_and_judgement_has_a_line() -> None:
    assert set(words.METRICS) == set(METRICS)
    assert set(words.MARKS) == set(get_args(MarkKind)) <= set(markers.SIGNS["unicode"])
    assert set(words.X_AXES) == set(words.CLOCKS) == set(X_KINDS)
    assert {f"by {kind}" for kind in words.CLOCKS} == set(KIND_WORDS.values())
    assert set(words.STOPS) == set(STOPS)
    assert set(words.RESPONSE) == set(loss_by_value.SIGNS["unicode"])
    assert set(words.JUDGEMENTS) == set(get_args(Judgement))


@pytest.mark.parametrize("place", ["board", "replay"])
@pytest.mark.parametrize("manner", get_args(Manner))
def test_the_board_explains_all_of_them(place: Place, manner: Manner) -> None:
    said = text_of(seen_blocks(place, manner))
    told = (words.COLUMNS, words.METRICS, words.MARKS, words.X_AXES, MEANINGS)
    assert all(meaning.casefold() in said for table in told for meaning in table.values())


@pytest.mark.parametrize("manner", get_args(Manner))
def test_the_inspector_explains_its_pictures_and_nothing_that_stands_elsewhere(manner: Manner) -> None:
    said = text_of(seen_blocks("inspector", manner))
    assert "weights below 0, at 0, above 0" in said
    assert "kept loss" not in said


@pytest.mark.parametrize("tab", TITLES)
def test_a_tab_of_the_inspector_is_explained_first(tab: TabName) -> None:
    assert tab in PURPOSES
    key = replace(keys_of("inspector")[0], word="the other split")
    block = tab_block(tab, [key])
    assert block.title == f"This tab: {TITLES[tab]}"
    assert [entry.meaning for entry in block.entries] == [PURPOSES[tab], "the other split"]
    blocks = seen_blocks("inspector", tab=tab)
    assert blocks[0] == next(iter(TABS[tab]("halves")))
    assert len(blocks) == len(seen_blocks("inspector"))


def test_a_form_explains_every_field() -> None:
    said = text_of(seen_blocks("form"))
    assert all(field.help.casefold() in said for field in FIELDS.values())


def test_every_key_has_a_group() -> None:
    assert [(key.place, key.action) for key in KEYS if not key.group] == []


def test_every_place_is_explained_and_known_by_its_bindings() -> None:
    places = set(get_args(Place)) - {"app", "choice", "help", "welcome"}
    assert places == set(VIEWS) == set(NAMES)
    assert [place_of(bindings(place)) for place in VIEWS] == list(VIEWS)


@pytest.mark.parametrize("place", VIEWS)
def test_every_key_of_a_place_stands_on_its_page_once(place: Place) -> None:
    shown = [entry.sample[0][0] for block in key_blocks(place) for entry in block.entries]
    assert len(shown) == len(set(shown))
    keys = keys_of(*WITH_THEM.get(place, (place,)))
    assert {name for key in keys for name in key.all_keys_text.split()} <= {
        name for one in shown for name in one.split()
    }


@pytest.mark.parametrize("place", VIEWS)
@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_nothing_is_cut(place: Place, width: int) -> None:
    for blocks in (key_blocks(place), seen_blocks(place)):
        lines = laid_out(blocks, width)
        assert all(cells(line) <= width for line in lines)
        shown = set("".join(text for line in lines for text, _ in line).split())
        assert set(" ".join(entry.meaning for block in blocks for entry in block.entries).split()) <= shown


@pytest.mark.parametrize("width", [110, 120, 200])
def test_no_column_stays_empty(width: int) -> None:
    for place in VIEWS:
        for blocks in (key_blocks(place), seen_blocks(place), seen_blocks(place)[:1]):
            lines = laid_out(blocks, width)
            assert not lines or "".join(text for text, _ in lines[0])[: width // 2].strip(), place


@given(
    st.sampled_from(["board", "replay", "sweepview"]), st.lists(st.sampled_from(["loss", "run", "chart", "x", "step"]))
)
def test_more_words_find_less_and_only_what_has_them(place: Place, typed: list[str]) -> None:
    blocks = seen_blocks(place)
    found = narrowed(blocks, " ".join(typed))
    for block in found:
        for entry in block.entries:
            assert all(word in entry.text or word in block.title.casefold() for word in typed)
    less = narrowed(blocks, " ".join([*typed, "weights"]))
    assert {entry for block in less for entry in block.entries} <= {entry for block in found for entry in block.entries}
