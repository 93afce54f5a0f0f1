"""Keys pressed in tests are answered when nothing waits any more, not when the processor has been idle for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import textual.app
import textual.pilot
from textual._context import active_app
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.message_pump import MessagePump

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
