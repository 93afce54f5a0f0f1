"""Parts of a line, cut behind words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.colours.theme import DIM, TEXT
from tui.text.parts import cells, cut_at_word
from tui.text.widths import width_of

CAPTION = "the ways' two principal directions, 83% of the ways' variance · left out run 3: another objective"


def cut(text: str, width: int) -> str:
    return "".join(part for part, _ in cut_at_word([(text, TEXT)], width))


def test_what_stands_between_dots_is_left_out_whole_and_a_longer_text_is_cut_behind_a_word() -> None:
    assert cut(CAPTION, len(CAPTION)) == CAPTION
    assert cut(CAPTION, 79) == "the ways' two principal directions, 83% of the ways' variance …"
    assert cut_at_word([], -1) == []
    assert cut(CAPTION, 39) == "the ways' two principal directions, …"


@given(st.lists(st.text("abc漢· ", max_size=12), max_size=4), st.integers(2, 30))
def test_what_is_cut_fits_and_ends_with_a_whole_word(texts: list[str], width: int) -> None:
    whole = [(text, DIM) for text in texts]
    found = cut_at_word(whole, width)
    assert cells(found) <= width
    said, told = "".join(texts), "".join(text for text, _ in found)
    if width_of(said) > width:
        kept = told.removesuffix(" …")
        assert said.startswith(kept)
        assert said[len(kept) :].startswith(" ") or not kept
    else:
        assert told == said
