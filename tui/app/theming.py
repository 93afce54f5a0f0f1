"""Theming: which theme is active, and the choice of another one."""

from __future__ import annotations

from typing import Protocol

from rich.console import Console

from tui.app.ports import MessagePort
from tui.colours import themes
from tui.colours.themes import Theme
from tui.terminal.output import TerminalOutput


class ThemingPort(MessagePort, Protocol):
    no_color: bool
    console: Console
    output: TerminalOutput

    def compose_anew(self) -> None:
        """Have the whole screen painted."""


class Theming:
    """A theme is applied where the cells are written. `chosen` is the last choice, '' if there was none."""

    def __init__(self, app: ThemingPort, chosen: str, name: str) -> None:
        self._app = app
        self.chosen = chosen
        self.apply(name)

    def apply(self, name: str) -> None:
        """Activate a theme, as far as the terminal has colours for it."""
        system = None if self._app.no_color else themes.system_of(self._app.console.color_system)
        self.active: Theme = themes.named(name, system, light_ground=themes.has_light_ground())
        self._app.output.wear(self.active.colours)

    def choose(self, name: str) -> None:
        """Activate a theme and say so; what stands on the screen is painted anew."""
        self.chosen = name
        self.apply(name)
        self._app.compose_anew()
        if self.active.name == name:
            self._app.tell(f"Theme: {self.active.name}, {self.active.help}. T is the next one.")
        else:
            self._app.tell(f"This terminal has the theme {self.active.name} alone: {self.active.help}.")

    def choose_next(self) -> None:
        names = themes.NAMES
        place = names.index(self.active.name) if self.active.name in names else -1
        self.choose(names[(place + 1) % len(names)])
