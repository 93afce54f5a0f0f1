"""Ports: what the parts of the app may ask of it. Each part names only the ports that it needs."""

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
    """A screen that may show answers to orders."""

    def handles(self, answer: Answer) -> bool:
        """Show an answer; False passes it to the screen below."""


class MessagePort(Protocol):
    """Shows messages."""

    def tell(self, sentence: str, *, failed: bool = False) -> None:
        """Show a cleaned sentence."""


class StatePort(Protocol):
    """The state that is shown: of the live view, or of the replay above it."""

    path: Path

    @property
    def snapshot(self) -> Snapshot:
        """The last snapshot of the view that is shown."""

    @property
    def choices(self) -> Choices:
        """The viewer's choices in the view that is shown."""


class OrderPort(StatePort, MessagePort, Protocol):
    """Carries orders out."""

    def order(self, carry_out: Callable[[], Message]) -> None:
        """Carry an order out in a thread and post the message it returns, or one that says why it failed."""


class ScreenPort(Protocol):
    """Opens screens."""

    def open_screen(self, screen: Screen[None]) -> None:
        """Put a screen on top of the others."""


class DialogPort(Protocol):
    """Asks the feed."""

    def ask(self) -> None:
        """Ask the feed for what the screen needs now."""

    def ask_after_refresh(self) -> None:
        """Ask the feed once a newly opened screen is drawn."""
