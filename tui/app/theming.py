"""Theming: holds the active theme and changes it."""

from __future__ import annotations

from typing import Protocol

from rich.console import Console

from tui.app.actions.ports import MessagePort
from tui.colours import themes
from tui.colours.themes import Theme
from tui.terminal.output import TerminalOutput


class ThemingPort(MessagePort, Protocol):
    """What Theming needs of the app."""

    no_color: bool
    console: Console
    output: TerminalOutput

    def compose_anew(self) -> None:
        """Compose and paint the whole screen."""


class Theming:
    """Applies themes to the terminal output. `chosen` is the last choice, '' if there was none."""

    def __init__(self, app: ThemingPort, chosen: str, name: str) -> None:
        self._app = app
        self.chosen = chosen
        self.apply(name)

    def apply(self, name: str) -> None:
        """Activate a theme, or the one that the terminal's colours allow."""
        system = None if self._app.no_color else themes.system_of(self._app.console.color_system)
        self.active: Theme = themes.named(name, system, light_ground=themes.has_light_ground())
        self._app.output.use_colours(self.active.colours)

    def choose(self, name: str) -> None:
        """Activate a theme, repaint the screen and say so."""
        self.chosen = name
        self.apply(name)
        self._app.compose_anew()
        if self.active.name == name:
            self._app.tell(f"Theme: {self.active.name}, {self.active.help}. T is the next one.")
        else:
            self._app.tell(f"This terminal has the theme {self.active.name} alone: {self.active.help}.")

    def choose_next(self) -> None:
        """Activate the next theme."""
        names = themes.NAMES
        place = names.index(self.active.name) if self.active.name in names else -1
        self.choose(names[(place + 1) % len(names)])
