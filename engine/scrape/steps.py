"""Steps: where a line stands, from the words in it, the lines before it, or by counting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.scrape.names import INNER, OUTER

MOST_STEP = 1 << 53

Found = Mapping[int, tuple[int, int | None, str]]
"""By rank what stands for the step: (number, total, word)."""


class Steps:
    """The steps of one program's lines.

    A line without a step stands where the last line with one stood, unless its metrics have a value there already:
    then they are counted on. A number that counts within another one (a batch in an epoch) goes on where it begins
    again, and so does a whole loop that is run a second time.
    """

    def __init__(self) -> None:
        self._outer: int | None = None
        self._first_outer: int | None = None
        self._total: int | None = None
        self._now: int | None = None
        self._word = ""
        self._offset = 0
        self._raw: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._most = -1

    def of(self, found: Found, names: Sequence[str]) -> tuple[int, str]:
        """The step of a line with these metrics, and the word that it is from, '' where it is counted."""
        if OUTER in found:
            self._outer = found[OUTER][0]
            if self._first_outer is None:
                self._first_outer = self._outer
        inner = min(found, default=None)
        if inner is None:
            return self._without(names), ""
        raw, total, word = found[inner]
        if abs(raw) > MOST_STEP:
            return self._without(names), ""
        if inner == INNER and total and self._outer is not None:
            raw += (self._outer - (self._first_outer or 0)) * total
        step = raw + self._offset
        if any(raw < self._raw.get(name, raw) for name in names):
            self._offset = self._most + 1 - raw
            step = self._most + 1
            self._raw = {}
        self._word, self._now = word, step
        for name in names:
            self._raw[name] = raw
        self._keep(step, names)
        return step, word

    def _without(self, names: Sequence[str]) -> int:
        """The step of a line that names none."""
        if self._now is not None and all(self._last.get(name, -1) < self._now for name in names):
            step = self._now
        else:
            step = max((self._last[name] + 1 for name in names if name in self._last), default=0)
        self._keep(step, names)
        return step

    def _keep(self, step: int, names: Sequence[str]) -> None:
        for name in names:
            self._last[name] = step
        if names:
            self._most = max(self._most, step)
