"""A pseudo-terminal of 160 x 45 with the program in it: answers like a terminal, counts bytes, may be slow."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

COLUMNS, ROWS = 160, 45
PROGRAM = "from tui.cli import main; main()"
ROOT = Path(__file__).parents[1]
QUESTION, ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Terminal:
    """Runs `program` in Python with some arguments. `rate` is how many bytes a second the line carries."""

    def __init__(self, *arguments: str, program: str = PROGRAM, rate: float | None = None) -> None:
        self.read = bytearray()
        self._rate = rate
        self.started = time.monotonic()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            kept = {name: value for name, value in os.environ.items() if name not in ("LINES", "COLUMNS", "NO_COLOR")}
            wanted = {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
            os.execve(sys.executable, [sys.executable, "-P", "-c", program, *arguments], wanted)
        Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        size = 65536 if self._rate is None else max(int(self._rate / 50), 1)
        with suppress(OSError):
            while data := os.read(self._fd, size):
                if self._rate is not None:
                    time.sleep(len(data) / self._rate)
                asked = (bytes(self.read[-len(QUESTION) :]) + data).count(QUESTION) - self.read[-len(QUESTION) :].count(
                    QUESTION
                )
                self.read += data
                os.write(self._fd, ANSWER * asked)

    def wait_for(self, pattern: str, start: int = 0, seconds: float = 20.0) -> float:
        """Seconds since the start of the program until something that matches is read from position `start` on."""
        wanted, end = re.compile(pattern.encode()), time.monotonic() + seconds
        while not wanted.search(self.read, start):
            if time.monotonic() > end:
                raise TimeoutError(f"no {pattern!r} in {bytes(self.read[-300:])!r}")
            time.sleep(0.0005)
        return time.monotonic() - self.started

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def after(self, keys: str, quiet_s: float = 0.15) -> tuple[float, int]:
        """Seconds from a key to the first byte, and the bytes until nothing came for `quiet_s`."""
        before, pressed = len(self.read), time.monotonic()
        self.press(keys)
        while len(self.read) == before and time.monotonic() - pressed < 5:
            time.sleep(0.0002)
        first = time.monotonic() - pressed
        seen, since = len(self.read), time.monotonic()
        while time.monotonic() - since < quiet_s:
            time.sleep(0.005)
            if len(self.read) != seen:
                seen, since = len(self.read), time.monotonic()
        return first, seen - before

    def processor_s(self) -> float:
        """Seconds of processor time that the program has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def memory_mb(self) -> float:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        return int(found.group(1)) / 1024 if found else float("nan")

    def leave(self) -> None:
        """End the program and wait for it."""
        self.press("q")
        end = time.monotonic() + 3
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                break
            time.sleep(0.01)
