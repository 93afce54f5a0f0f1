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
        os.write(self._fd, keys.encode())

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
