"""A real pseudo-terminal with the real program in it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from codecs import getincrementaldecoder
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Thread

PROGRAM = Path(sys.executable).with_name("lossboard")


class Terminal:
    """Runs `lossboard ARGUMENTS`, or another program; `written` is all that it has written to the terminal so far."""

    def __init__(
        self, *arguments: str, columns: int = 120, rows: int = 35, program: Path = PROGRAM, **environment: str
    ) -> None:
        self.written = ""
        self._hung_up = False
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            # The whole environment by name: pytest's readline has left LINES and COLUMNS in the one of the process.
            kept = {name: value for name, value in os.environ.items() if name not in ("LINES", "COLUMNS")}
            wanted = {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
            os.execve(program, [str(program), *arguments], wanted)
        self.resize(columns, rows)
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        decoder = getincrementaldecoder("utf-8")("replace")
        with suppress(OSError):  # the other end is closed: the program has ended
            while not self._hung_up:
                # a read that waits would keep the terminal open after hang_up
                if select.select([self._fd], [], [], 0.02)[0]:
                    data = os.read(self._fd, 65536)
                    if not data:
                        break
                    self.written += decoder.decode(data)

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal another size."""
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: str) -> None:
        """Press keys."""
        self.send(keys.encode())

    def send(self, data: bytes) -> None:
        """Have these bytes come from the keyboard."""
        os.write(self._fd, data)

    def wait_for(self, pattern: str, seconds: float = 15.0) -> None:
        """Until something that matches has been written."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.written):
            assert time.monotonic() < end, f"no {pattern!r} in {self.written[-3000:]!r}"
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """The terminal goes away."""
        self._hung_up = True
        self._thread.join()
        os.close(self._fd)

    def exit_code(self, seconds: float = 10.0) -> int:
        """The program's exit code, once it has ended; minus the signal that killed it."""
        end = time.monotonic() + seconds
        while (ended := os.waitpid(self.pid, os.WNOHANG))[0] == 0:
            if time.monotonic() > end:
                self.signal(signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise AssertionError(f"still running after {seconds} s: {self.written[-2000:]!r}")
            time.sleep(0.02)
        self._thread.join(1.0)
        return os.waitstatus_to_exitcode(ended[1])


def idle_for(terminal: Terminal, seconds: float) -> int:
    """How many characters the program writes in so many seconds."""
    before = len(terminal.written)
    time.sleep(seconds)
    return len(terminal.written) - before


ASKED = re.compile(r"\x1b\[(?:\?(\d+)\$p|5n)")


class Answering(Terminal):
    """A terminal at the end of a link: it answers what it is asked, `after_s` seconds later, until it is `silent`."""

    def __init__(self, *arguments: str, after_s: float, program: Path = PROGRAM, **environment: str) -> None:
        super().__init__(*arguments, columns=120, rows=35, program=program, **environment)
        self.silent = False
        self._due: deque[tuple[float, str]] = deque()
        self._seen = 0
        self._after_s = after_s
        self._answers = Thread(target=self._answer, daemon=True)
        self._answers.start()

    @property
    def has_answered(self) -> bool:
        """Whether nothing that was asked is still to be answered."""
        return not self._due and ASKED.search(self.written, self._seen) is None

    def _answer(self) -> None:
        with suppress(OSError):
            while self._thread.is_alive() and not self.silent:
                for asked in ASKED.finditer(self.written, self._seen):
                    said = f"\x1b[?{asked[1]};{2 if asked[1] == '2026' else 0}$y" if asked[1] else "\x1b[0n"
                    self._due.append((time.monotonic() + self._after_s, said))
                    self._seen = asked.end()
                while self._due and self._due[0][0] <= time.monotonic():
                    self.type(self._due[0][1])
                    self._due.popleft()
                time.sleep(0.005)
