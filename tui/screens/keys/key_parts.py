"""Key parts: objects that hold the actions of a screen's keys."""

from __future__ import annotations

from typing import Protocol

from textual.message import Message
from textual.screen import Screen

from tui.model.choices import Choices
from tui.model.snapshot import Snapshot

UNASKED = frozenset({"pause", "scale_step", "undo", "steer_sweep", "mark", "mark_all"})
"""Actions, without their arguments, that may change runs or marks unasked, so that the list must be seen."""

ASKING = frozenset({("steer_sweep", ("stop",)), ("steer_sweep", ("delete",))})
"""Actions of these with arguments for which they ask."""


def needs_sight(action: str, arguments: tuple[object, ...]) -> bool:
    """Return whether an action may change what nobody sees on a terminal that is too small."""
    return action in UNASKED and (action, arguments) not in ASKING


class KeyPort(Protocol):
    """What key parts need of their screen."""

    snapshot: Snapshot
    choices: Choices

    def choose(self, choices: Choices) -> None:
        """Show other choices at once and report them to the app."""

    def tell(self, sentence: str, *, failed: bool = False, lasting: bool = False) -> None:
        """Show a cleaned sentence above the keys."""

    def post_message(self, message: Message) -> bool:
        """Post a message to the screen."""


def share_actions(screen: Screen[None], *parts: object) -> None:
    """Add the `action_` methods of parts to their screen, where Textual looks them up.

    Raises AssertionError where two of them have one name.
    """
    for part in parts:
        for name in dir(part):
            if name.startswith("action_"):
                assert not hasattr(screen, name), f"{name} is done twice"
                setattr(screen, name, getattr(part, name))
