"""Lines: what comes through a pipe, as lines to read numbers from, and as text to keep."""

from __future__ import annotations

import codecs
import re

LONGEST_LINE = 4096
"""Characters of a line that are read; what is beyond is left out, so that no line takes long."""

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\^_]")
_ENDS = re.compile(r"\r\n|\n|\r")


def plain(line: str) -> str:
    """The line without escape sequences, cut to LONGEST_LINE characters."""
    line = line[: 4 * LONGEST_LINE]
    return (_ESCAPES.sub("", line) if "\x1b" in line else line)[:LONGEST_LINE]


class Lines:
    """Lines of one stream, each ended by a line feed or a carriage return, as progress bars do."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str) -> list[str]:
        """The lines that this text completes, without their ends, cut to LONGEST_LINE characters."""
        *whole, rest = _ENDS.split(self._rest + text)
        self._rest = rest[: 4 * LONGEST_LINE]
        return [plain(line) for line in whole if line]

    def finish(self) -> list[str]:
        """The line that nothing has ended."""
        rest, self._rest = self._rest, ""
        return [plain(rest)] if rest else []


class Printout:
    """The text of one stream as a terminal would have left it: of a line that was written over, its last state.

    A progress bar that is drawn ten times a second for an hour is one line.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line = ""

    def decode(self, data: bytes, *, at_end: bool = False) -> str:
        """The text of some bytes of UTF-8; a character that is not whole yet waits."""
        return self._decoder.decode(data, at_end)

    def feed(self, text: str) -> str:
        """The text to keep now: lines that have ended, as they were left."""
        *done, line = (self._line + text).split("\n")
        kept = "".join(f"{_overwritten(each).strip(CARRIAGE_RETURN)}\n" for each in done)
        self._line = _overwritten(line)
        return kept + self._let_go() if len(self._line) > LONGEST_LINE else kept

    def flush(self) -> str:
        """The text of the line that has not ended, unless it may yet be written over."""
        return "" if CARRIAGE_RETURN in self._line else self._let_go()

    def finish(self) -> str:
        """What is left at the end."""
        return self._let_go().strip(CARRIAGE_RETURN)

    def _let_go(self) -> str:
        kept, self._line = self._line, ""
        return kept


CARRIAGE_RETURN = "\r"


def _overwritten(line: str) -> str:
    """What a line shows: what was written after its last carriage return, which stays as a sign of it."""
    shown = line.rstrip(CARRIAGE_RETURN)
    before, mark, shown = shown.rpartition(CARRIAGE_RETURN)
    return f"{mark}{shown}{line[len(before) + len(mark) + len(shown) :][:1]}"
