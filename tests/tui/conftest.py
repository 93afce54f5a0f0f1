"""Keys pressed in tests are answered when nothing waits any more, not when the processor has been idle for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import textual.app
import textual.pilot
from textual._context import active_app
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.message_pump import MessagePump

from engine.spec import defaults
from engine.store import Evaluation, open_for_writing
from tests.presence import present
from tests.stores import block_of, process, sweep_row
from tests.tui.dashboards import losses
from tui.terminal.textual_internals import has_waiting

QUIET_ROUNDS = 3
"""Looks in a row that find nothing waiting: a handler may be between taking a message and posting the next."""

SOON_ROUNDS = 20
"""Looks without a pause; who has not answered by then waits for the store or a timer, and the processor is spared."""


@pytest.fixture(autouse=True, scope="session")
def _keys_are_answered_when_nothing_waits() -> Iterator[None]:
    """Textual waits for 20 ms without work after every key, twice; a test of a few hundred keys took half a minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(textual.app, "wait_for_idle", until_nothing_waits)
        patch.setattr(textual.pilot, "wait_for_idle", until_nothing_waits)
        yield


@pytest.fixture(autouse=True, scope="session")
def _style_sheets_are_parsed_once() -> Iterator[None]:
    """Every app would parse the same ones, with the colours of the same few themes."""
    known: dict[object, list[RuleSet]] = {}
    parse = Stylesheet._parse_rules

    def parsed(sheet: Stylesheet, *asked: Any, **more: Any) -> list[RuleSet]:
        key = (asked, tuple(more.items()), tuple(sheet._variables.items()))
        if key not in known:
            known[key] = parse(sheet, *asked, **more)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parsed)
        yield


@pytest.fixture(autouse=True, scope="session")
def _terminals_have_all_colours() -> Iterator[None]:
    """Whatever terminal the tests are started from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLORTERM", "truecolor")
        for name in ("NO_COLOR", "COLORFGBG", "LC_ALL", "LANG", "LOSSBOARD_THEME"):
            patch.delenv(name, raising=False)
        patch.setenv("LC_CTYPE", "C.UTF-8")
        yield


@pytest.fixture(autouse=True)
def _nobody_is_sent_for_lost_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores of tests are full of runs that nobody works on."""
    monkeypatch.setattr("tui.app.actions.orders.recover", lambda path: True)


async def until_nothing_waits(min_sleep_s: float = 0.0, max_sleep_s: float = 1.0) -> None:
    """Wait until no message waits in the app, its screens and their widgets, at most for `max_sleep_s`."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    quiet = looks = 0
    while loop.time() - begin < max_sleep_s and (quiet < QUIET_ROUNDS or loop.time() - begin < min_sleep_s):
        await asyncio.sleep(0 if quiet < QUIET_ROUNDS - 1 and looks < SOON_ROUNDS else 0.001)
        looks += 1
        quiet = 0 if _is_behind() else quiet + 1


def _is_behind() -> bool:
    app = active_app.get()
    return getattr(app, "is_behind", False) or has_waiting(app) or any(map(has_waiting, _widgets(app)))


def _widgets(app: App[object]) -> Iterator[MessagePump]:
    return (widget for screen in app.screen_stack for widget in screen.walk_children(with_self=True))


@pytest.fixture
def swept(tmp_path: Path) -> Path:
    """Runs 1 to 6, of which 2, 3 and 5 are of sweep 1; run 4 is searched for."""
    path = tmp_path / "swept.db"
    open_for_writing(path).close()
    sweep = sweep_row(path, "step size 1e-3 to 1")
    with open_for_writing(path) as store:
        for number in range(1, 7):
            spec = defaults("local-search") if number == 4 else defaults().changed(step_size=number / 10)
            store.queue.add(
                [spec], names=["kept"] if number == 6 else None, sweep_id=sweep * (number in (2, 3, 5)) or None
            )
            claim = present(store.queue.claim(store.register_worker(process())))
            evaluations = [Evaluation(200, split, number / 10, 1 - number / 10) for split in ("train", "validation")]
            store.writer(claim).finish(block=block_of(losses(10.0 / number)), evaluations=evaluations)
    return path
