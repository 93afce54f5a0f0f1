"""Closing: a screen that closes once, together with what covers it."""

from __future__ import annotations

from textual.await_complete import AwaitComplete

from tui.terminal.textual_internals import OnceComposedScreen


class Closing(OnceComposedScreen, inherit_bindings=False):
    """A screen that may be told to close twice, or while another one covers it.

    An order is answered whenever it is done: by then help may lie over the prompt that waits for it, or `esc` may have
    closed it. Textual closes whatever is on top, and ends the app where a screen closes for the second time.
    """

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close this screen and those above it; a closed one stays closed."""
        stack = self.app.screen_stack
        if self not in stack:
            return AwaitComplete()
        while stack[-1] is not self:
            self.app.pop_screen()
            stack = self.app.screen_stack
        return super().dismiss(result)
