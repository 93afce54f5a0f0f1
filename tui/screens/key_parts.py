"""Key parts: what the keys of a screen do, in objects that the screen holds."""

from __future__ import annotations

from typing import Protocol

from textual.message import Message
from textual.screen import Screen

from tui.model.choices import Choices
from tui.model.snapshot import Snapshot


class KeyPort(Protocol):
    """What key parts may ask of the screen that holds them."""

    snapshot: Snapshot
    choices: Choices

    def choose(self, choices: Choices) -> None:
        """Other choices; they are shown at once, and told to the app."""

    def tell(self, sentence: str, *, failed: bool = False, lasting: bool = False) -> None:
        """Show a cleaned sentence above the keys."""

    def post_message(self, message: Message) -> bool: ...


def lend_actions(screen: Screen[None], *parts: object) -> None:
    """Let Textual find the actions of parts on their screen, where it looks for what a key does.

    What the screen or an earlier part does already is an error.
    """
    for part in parts:
        for name in dir(part):
            if name.startswith("action_"):
                assert not hasattr(screen, name), f"{name} is done twice"
                setattr(screen, name, getattr(part, name))
