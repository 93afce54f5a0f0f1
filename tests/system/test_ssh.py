"""The dashboard over a real SSH connection: OpenSSH's server on a loopback port, with keys made for one test run."""

from __future__ import annotations

import getpass
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyte
import pytest

from engine.jobs.processes.liveness import is_alive
from engine.store import open_for_reading
from tests.stores import query, wait_until
from tests.system.terminal import PROGRAM, Terminal
from tests.tui.dashboards import raced

ROOT = Path(__file__).parents[2]
SBIN = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
SSHD, SSH, KEYGEN = (shutil.which(name, path=SBIN) or "" for name in ("sshd", "ssh", "ssh-keygen"))

pytestmark = pytest.mark.skipif(
    not (SSHD and SSH and KEYGEN and Path("/proc/self/status").exists()),
    reason="needs /proc, and OpenSSH's server and client (Debian: apt-get install openssh-server)",
)

BRAILLE = "[\u2801-\u28ff]"
UNFINISHED = re.compile(r"\x1b(\[[?\d$]*)?$")
"""The beginning of an escape sequence whose rest is still on its way."""

GONE_WITHIN_S = 3.0
SHOWN, AUTOWRAP = 25, 7
"""The two terminal modes that are on in a terminal at rest."""


@dataclass(frozen=True)
class Server:
    """A running sshd; `options` are what a client needs to get in."""

    options: tuple[str, ...]
    state: Path


class Connection(Terminal):
    """`ssh -tt` with the dashboard at the far end, and the screen that a person sees at this one."""

    def __init__(self, server: Server, script: str, columns: int, rows: int) -> None:
        assert SSH is not None
        command = (*server.options, "-tt", "127.0.0.1", f"sh -c {shlex.quote(script)}")
        super().__init__(*command, program=Path(SSH), columns=columns, rows=rows)

    def number(self, word: str) -> int:
        """The number that the far end's script has written after a word."""
        self.wait_for(rf"{word} \d+\r\n")
        found = re.search(rf"{word} (\d+)\r\n", self.written)
        assert found is not None
        return int(found[1])

    def resize(self, columns: int, rows: int) -> None:
        """Another size: the screen begins empty, so that it shows only what is written from now on."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._fed, self._display = len(self.written), [""]
        super().resize(columns, rows)

    def screen(self) -> list[str]:
        """What a person sees, row by row."""
        new = UNFINISHED.sub("", self.written[self._fed :])
        self._fed += len(new)
        if new:
            # the emulator would print the last letter of a question about a mode
            self._stream.feed(re.sub(r"\x1b\[\?\d+\$p", "", new))
            self._display = list(self._screen.display)
        return self._display

    def wait_for_screen(self, *patterns: str, seconds: float = 15.0) -> None:
        """Until every pattern is found on the screen."""
        end = time.monotonic() + seconds
        while not all(re.search(pattern, "\n".join(self.screen())) for pattern in patterns):
            assert time.monotonic() < end, f"no {patterns} on\n" + "\n".join(self.screen())
            time.sleep(0.02)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("host", "user"):
        command = [KEYGEN, "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd wants it when it runs as root; at boot it is made so
    log = folder / "log"
    for _ in range(5):  # another process may take the port that was free
        process, port = listening(folder, log)
        if process.poll() is None:
            break
    else:
        pytest.skip(f"sshd does not start here: {log.read_text()[-500:]}")
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    options = {
        "Port": port,
        "User": getpass.getuser(),
        "IdentityFile": folder / "user",
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": folder / "known",
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
        "EscapeChar": "none",
        "ConnectTimeout": 5,
        "LogLevel": "ERROR",
    }
    arguments = ("-F", "none", *(word for name, value in options.items() for word in ("-o", f"{name}={value}")))
    try:
        entered = subprocess.run([SSH, *arguments, "127.0.0.1", "true"], capture_output=True, text=True, timeout=20)
        if entered.returncode:
            pytest.skip(f"this account may not log in through sshd: {entered.stderr} {log.read_text()[-500:]}")
        yield Server(arguments, folder / "state")
    finally:
        process.terminate()
        process.wait(5)


def listening(folder: Path, log: Path) -> tuple[subprocess.Popen[bytes], int]:
    """An sshd on a loopback port that was free a moment ago, as soon as it listens or has ended."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {"PYTHONPATH": ROOT, "XDG_STATE_HOME": folder / "state", "LANG": "C.UTF-8"}
    settings = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "user.pub",
        "SetEnv": " ".join(f'"{name}={value}"' for name, value in environment.items()),
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "UseDNS": "no",
        "PermitRootLogin": "prohibit-password",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "PrintMotd": "no",
        "PrintLastLog": "no",
    }
    config = folder / "sshd_config"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    process = subprocess.Popen([SSHD, "-D", "-f", config, "-E", log], stdin=subprocess.DEVNULL)
    wait_until(lambda: process.poll() is not None or (log.exists() and f"port {port}" in log.read_text()), 10.0, "sshd")
    return process, port


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "runs.db"
    yield path
    reader = open_for_reading(path)
    for worker in reader.workers():
        if is_alive(worker):
            os.kill(worker.pid, signal.SIGKILL)
    reader.close()


@pytest.fixture
def connect(server: Server, path: Path) -> Iterator[Callable[..., Connection]]:
    """Connects as a person does who types `lossboard` into the shell at the far end, and ends what is left of it."""
    made: list[Connection] = []
    program = shlex.join([str(PROGRAM), "--db", str(path)])
    # the shell goes on after the dashboard, and tells in what state it finds its terminal
    script = (
        'echo "before $(stty -g)";'
        f" sh -c {shlex.quote('echo dashboard $$; exec ' + program)};"
        ' echo "code $?"; echo "after $(stty -g)"'
    )

    def connected(columns: int = 100, rows: int = 30) -> Connection:
        made.append(Connection(server, script, columns, rows))
        return made[-1]

    yield connected
    for connection in made:
        with suppress(ProcessLookupError, ChildProcessError):
            connection.signal(signal.SIGKILL)
            connection.exit_code()
        for number in re.findall(r"dashboard (\d+)\r\n", connection.written):
            with suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)


def processes_of(session: int) -> list[int]:
    """The processes of a terminal's session that have not ended: its shell, the dashboard, what they started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            if os.getsid(int(entry.name)) == session and "\nState:\tZ" not in (entry / "status").read_text():
                found.append(int(entry.name))
    return found


def rows(path: Path) -> dict[int, int]:
    return dict(query(path, "SELECT run_id, count(*) FROM iterations GROUP BY run_id"))


def modes(written: str) -> set[int]:
    """The terminal's private modes that are on after all that was written."""
    on = {SHOWN, AUTOWRAP}
    for numbers, letter in re.findall(r"\x1b\[\?([\d;]+)([hl])", written):
        changed = {int(number) for number in numbers.split(";")}
        on = on | changed if letter == "h" else on - changed
    return on


def assert_restored(connection: Connection) -> None:
    """The far end's terminal is as its shell had left it, in its line settings and on the screen."""
    connection.wait_for(r"after [^\r]*\r\n")
    before, after = (re.search(rf"{word} ([^\r]+)\r\n", connection.written) for word in ("before", "after"))
    assert before is not None
    assert after is not None
    assert after[1] == before[1]
    assert modes(connection.written) == {SHOWN, AUTOWRAP}
    assert connection.written.count("\x1b[?1049h") == connection.written.count("\x1b[?1049l") == 1
    keyboards = [len(re.findall(rf"\x1b\[{sign}\d*u", connection.written)) for sign in "><"]
    assert keyboards[0] == keyboards[1]
    assert re.findall(r"\x1b\[([\d;:]*)m", connection.written)[-1] in ("", "0")
    left = connection.written.rindex("\x1b[?1049l")
    assert not re.search(BRAILLE, connection.written[left:])
    assert "Traceback" not in connection.written


def test_it_paints_follows_the_windows_size_and_leaves_a_clean_terminal(
    connect: Callable[..., Connection], path: Path
) -> None:
    raced(path)
    there = connect(100, 30)
    there.wait_for_screen(BRAILLE, "random search", "local search", "gradient b256", "quit")
    for columns, lines in ((70, 20), (130, 40)):
        there.resize(columns, lines)
        there.wait_for_screen(BRAILLE, "gradient b256")
        wait_until(lambda: "quit" in there.screen()[-1], 10.0, "keys on the last row")
        assert "runs.db" in there.screen()[0]
    there.type("q")
    assert there.exit_code() == 0
    assert there.number("code") == 0
    assert "No run is going on" in there.written[there.written.rindex("\x1b[?1049l") :]
    assert_restored(there)


def test_a_killed_client_takes_the_dashboard_along_and_leaves_the_run(
    connect: Callable[..., Connection], server: Server, path: Path
) -> None:
    run = [str(PROGRAM), "--db", str(path), "run", "--detach", "--pace", "50", "--iterations", "1000000"]
    subprocess.run([SSH, *server.options, "127.0.0.1", shlex.join(run)], check=True, capture_output=True, timeout=30)
    first = connect()
    first.wait_for_screen(BRAILLE, "running")
    session = os.getsid(first.number("dashboard"))
    assert processes_of(session)
    first.signal(signal.SIGKILL)
    wait_until(lambda: not processes_of(session), GONE_WITHIN_S, "the dashboard's end")
    assert first.exit_code() == -signal.SIGKILL
    seen = rows(path)[1]
    wait_until(lambda: rows(path)[1] > seen)

    second = connect()
    second.wait_for_screen(BRAILLE, "running")
    session = os.getsid(second.number("dashboard"))
    shown = "\n".join(second.screen())
    seen = rows(path)[1]
    wait_until(lambda: rows(path)[1] > seen)
    wait_until(lambda: "\n".join(second.screen()) != shown, what="a growing curve")
    second.type("q")
    assert second.exit_code() == 0
    assert "1 run goes on without the screen" in second.written
    wait_until(lambda: not processes_of(session), GONE_WITHIN_S)
    seen = rows(path)[1]
    wait_until(lambda: rows(path)[1] > seen)


def test_a_signal_to_the_dashboard_restores_the_far_terminal(connect: Callable[..., Connection], path: Path) -> None:
    raced(path)
    there = connect()
    there.wait_for_screen(BRAILLE)
    os.kill(there.number("dashboard"), signal.SIGHUP)
    assert there.exit_code(4.0) == 0
    assert there.number("code") == 128 + signal.SIGHUP
    assert_restored(there)
