"""ASCII: cell for cell, whatever is shown, and nothing else reaches a terminal that knows nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import defaults
from tests.tui.dashboards import opened, store_with
from tui.chart.drawing import markers
from tui.chart.drawing.heat import BEST
from tui.colours import palette
from tui.colours.palette import MARKERS
from tui.presenting.explained.statuses import SIGNS
from tui.text.ascii_only import is_wanted, plain
from tui.text.widths import split

WORDS = st.text(st.characters(exclude_categories=["C"]) | st.sampled_from("●⏸✓✗⣿⠉宽é━╸·…λ"), max_size=30)


@given(WORDS)
def test_every_cell_becomes_one_printable_sign_and_none_moves(text: str) -> None:
    assert all(" " <= sign <= "~" for sign in plain(text))
    assert len(plain(text)) == len(split(text))


def test_words_stay_readable() -> None:
    assert plain("svm Δ 1 · λ 0.001 · café …") == "svm d 1 - l 0.001 - cafe ~"
    assert plain("━━╸── ⠉⠒⠤⣀ 宽") == "==--- '-._ ??"


def test_signs_and_markers_stay_different() -> None:
    assert "".join(map(palette.marker, range(len(MARKERS)))) == MARKERS
    assert plain(MARKERS) == palette.ASCII_MARKERS
    assert [plain("◆"), plain("★")] == [markers.SIGNS["ascii"]["step-size"], BEST["ascii"]]
    for signs in (["●", "…", "⏸", "✓", "✗", "⊘", "?", "◌", "◔"], list(MARKERS)):
        assert len({plain(sign) for sign in signs}) == len(signs)
    assert {sign for sign, _ in SIGNS.values()} <= set("●…⏸✓✗!⊘?◌◔")


@pytest.mark.parametrize(("environment", "wanted"), [
    ({}, False), ({"LANG": "de_DE.UTF-8"}, False), ({"LANG": "C.utf8"}, False), ({"LC_ALL": "C"}, True),
    ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, True), ({"LC_ALL": "", "LC_CTYPE": "UTF-8", "LANG": "C"}, False),
    ({"LANG": "de_DE.ISO-8859-1"}, True), ({"LANG": "de_DE.UTF-8", "TERM": "linux"}, True),
])  # fmt: skip
def test_the_locale_decides(environment: dict[str, str], wanted: bool) -> None:
    assert is_wanted(environment, environment.__contains__) is wanted


def test_a_locale_that_python_has_chosen_by_itself_does_not_count() -> None:
    coerced = {"LANG": "C", "LC_CTYPE": "C.UTF-8"}
    assert is_wanted(coerced, lambda name: name == "LANG")
    assert not is_wanted(coerced, lambda name: True)
    assert not is_wanted({"LC_CTYPE": "C.UTF-8"}, lambda name: False)


async def test_nothing_but_ascii_reaches_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runs.db"
    store_with(path, ("größer 宽", defaults()), ("b", defaults().changed(seed=1)))
    async with opened(path, ascii_only=True) as board:
        written = board.keeping(monkeypatch)
        board.app.output.forget()
        for keys in (
            ["j", "c"],
            ["v"],
            ["y"],
            ["question_mark"],
            ["escape", "n"],
            ["escape", "slash"],
            ["escape", "t"],
        ):
            await board.press(*keys)
            await board.until(lambda: board.app.output.is_open)
        assert len(written) >= 7
        assert {c for c in "".join(written) if not " " <= c <= "~"} <= {"\x1b", "\b", "\r", "\n"}
        shown = board.terminal.text()
        assert "groser ??" in shown
        assert "gradient descent" in shown
        assert "svm delta 1 - lambda 0.001" in shown
        assert "+---" in shown
        await board.press("escape", "s")
        await board.until(lambda: "svm delta 1 - lambda 0.001" in board.terminal.text().splitlines()[0])
