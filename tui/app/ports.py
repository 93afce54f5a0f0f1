"""Ports: what the parts of the app may ask of it. Each part names the ports that it needs, and no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from textual.message import Message
from textual.screen import Screen

from tui.model.answer import Answer
from tui.model.choices import Choices
from tui.model.snapshot import Snapshot


@runtime_checkable
class AnswerHandler(Protocol):
    """A screen that may tell answers to orders."""

    def handles(self, answer: Answer) -> bool:
        """Tell an answer; False leaves it to the screen below."""


class MessagePort(Protocol):
    def tell(self, sentence: str, *, failed: bool = False) -> None:
        """Show a cleaned sentence."""


class StatePort(Protocol):
    """What is shown: of the live view, or of the replay over it."""

    path: Path

    @property
    def snapshot(self) -> Snapshot: ...

    @property
    def choices(self) -> Choices: ...


class OrderPort(StatePort, MessagePort, Protocol):
    def order(self, carry_out: Callable[[], Message]) -> None:
        """Carry an order out in a thread and post what it answers, or the sentence on why not."""


class ScreenPort(Protocol):
    def open_screen(self, screen: Screen[None]) -> None:
        """Put a screen over those that are there."""


class DialogPort(Protocol):
    def ask(self) -> None:
        """Ask the feed for what the screen shows now."""

    def ask_after_refresh(self) -> None:
        """The same, once a screen that was opened is drawn."""
