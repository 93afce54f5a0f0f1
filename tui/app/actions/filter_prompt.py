"""Filter prompt: asks for a filter in the language of the list, and tries it out while it is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from engine.store import FilterError, Listing
from engine.text import clean

if TYPE_CHECKING:
    from engine.store.list.logged_fields import LoggedNames
    from tui.screens.prompt import Prompt


def filter_prompt(
    title: str,
    text: str,
    narrow: Callable[[str], None],
    done: Callable[[], None],
    restore: Callable[[], None],
    logged: Callable[[], Iterable[str]] = tuple,
    names: Callable[[], LoggedNames | None] = lambda: None,
    complaint: Callable[[str], str] = lambda _: "",
) -> Prompt:
    """A prompt that begins with `text` and calls `narrow` with each filter that can be read.

    `logged` are fields that may be typed, and `names` decides which there are. `complaint` is what the store said of a
    filter, '' where it is not known or good.

    A text that cannot be read leaves the last good one. `done` is called after enter, `restore` after esc.
    """
    from engine.store.list.filter import begins_a_field
    from tui.screens.prompt import Prompt, Question

    def try_out(texts: Mapping[str, str]) -> str:
        """Filter by what is typed; why it cannot be read, '' if it can."""
        typed = texts["filter"].strip()
        try:
            Listing(typed).check(names())
        except FilterError as error:
            return clean(error.sentence, 300)
        narrow(typed)
        return ""

    def submitted(texts: Mapping[str, str]) -> None:
        if why := try_out(texts) or complaint(texts["filter"].strip()):
            prompt.complain(why)
            return
        prompt.dismiss()
        done()

    def changed(texts: Mapping[str, str]) -> None:
        # a word that may become a field would empty the list for a moment
        prompt.complain("" if begins_a_field(texts["filter"], logged()) else try_out(texts))

    prompt = Prompt(title, (Question("filter", "filter", text),), submitted, "filter", changed=changed, closed=restore)
    return prompt
