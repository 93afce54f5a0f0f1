"""The wardrobe: the part of the app that puts themes on."""

from __future__ import annotations

from textual.filter import LineFilter

from tui.app.part import Part
from tui.colours import themes
from tui.colours.themes import Theme
from tui.terminal.frame_output import Painting


class Wardrobe(Painting, Part, inherit_bindings=False):
    """A theme is put on where the cells are written; `worn` is the one that is on, `theme_chosen` the last choice."""

    worn: Theme
    theme_chosen: str = ""

    def get_line_filters(self) -> tuple[LineFilter, ...]:
        """None: what becomes of a colour is decided once, by the pen."""
        return ()

    def dress(self, name: str) -> None:
        """Put a theme on, as far as the terminal has colours for it."""
        system = None if self.no_color else themes.system_of(self.console.color_system)
        self.worn = themes.named(name, system, light_ground=themes.has_light_ground())
        self.rim.wear(self.worn.colours)

    def action_wear(self, name: str) -> None:
        """Put a theme on and say so; what stands on the screen is painted anew."""
        self.theme_chosen = name
        self.dress(name)
        self.compose_anew()
        if self.worn.name == name:
            self.tell(f"Theme: {self.worn.name}, {self.worn.help}. T is the next one.")
        else:
            self.tell(f"This terminal has the theme {self.worn.name} alone: {self.worn.help}.")

    def action_next_theme(self) -> None:
        names = themes.NAMES
        place = names.index(self.worn.name) if self.worn.name in names else -1
        self.action_wear(names[(place + 1) % len(names)])
