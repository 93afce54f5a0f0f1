"""A pseudo-terminal that answers as a real one does, reads as fast as its link lets it, and keeps the time."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Condition, Thread

QUESTION, ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
STATUS_QUESTION, STATUS_ANSWER = b"\x1b[5n", b"\x1b[0n"
"""What the dashboard asks last, before it leaves."""
CLOCK_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")
SLICE_S = 0.02
LEFT_OUT = ("LINES", "COLUMNS", "PYTHONDONTWRITEBYTECODE")
"""Not handed on: a program is measured compiled, as it is once it was started."""


class Terminal:
    """A program in a terminal of `columns` x `rows` at the end of a link of so many bytes/s; None is no limit."""

    def __init__(
        self, command: Sequence[str], columns: int = 160, rows: int = 45, bytes_per_s: float | None = None
    ) -> None:
        self.written = bytearray()
        self.arrivals: list[tuple[float, int]] = []
        """When bytes came, and how many there were then in all."""
        self._bytes_per_s = bytes_per_s
        self._news = Condition()
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            wanted = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.execvpe(command[0], list(command), {k: v for k, v in wanted.items() if k not in LEFT_OUT})
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        answered = 0
        most = 65536 if self._bytes_per_s is None else max(int(self._bytes_per_s * SLICE_S), 1)
        with suppress(OSError):  # the other end is closed: the program has ended
            while True:
                if not select.select([self._fd], [], [], 0.1)[0]:
                    continue
                data = os.read(self._fd, most)
                if not data:
                    return
                with self._news:
                    self.written += data
                    self.arrivals.append((time.perf_counter(), len(self.written)))
                    self._news.notify_all()
                questions = self.written.count(QUESTION)
                os.write(self._fd, ANSWER * (questions - answered))
                answered = questions
                if STATUS_QUESTION in data:
                    os.write(self._fd, STATUS_ANSWER)
                if self._bytes_per_s is not None:
                    time.sleep(len(data) / self._bytes_per_s)

    def press(self, keys: str) -> float:
        """Press keys; when that was."""
        at = time.perf_counter()
        os.write(self._fd, keys.encode())
        return at

    def wait_for(self, pattern: bytes, since: int = 0, seconds: float = 30.0) -> float:
        """When something that matches had been written after the first `since` bytes. Raises TimeoutError."""
        wanted, end = re.compile(pattern), time.monotonic() + seconds
        with self._news:
            while not wanted.search(self.written, since):
                if not self._news.wait(max(end - time.monotonic(), 0)) and time.monotonic() >= end:
                    raise TimeoutError(f"no {pattern!r} in {bytes(self.written[-2000:])!r}")
            return self.arrivals[-1][0]

    def settle(self, quiet_s: float = 0.5) -> int:
        """Wait until nothing has been written for a while; how many bytes there are."""
        while True:
            count = len(self.written)
            time.sleep(quiet_s)
            if len(self.written) == count:
                return count

    def wait_for_end(self, seconds: float = 10.0) -> None:
        """Wait until the program has left its terminal. Raises TimeoutError."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            raise TimeoutError(f"the program goes on after {seconds} s")

    def cpu_s(self) -> float:
        """Processor time that the program has taken, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * CLOCK_TICK_S

    def memory_mb(self) -> float:
        """Its resident memory."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def close(self) -> None:
        """End the program and wait for it."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        with suppress(OSError):
            os.close(self._fd)
        self._thread.join(2.0)
