"""Command lines, each in a process of its own that is a copy of one which has loaded the program already."""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory

TIMEOUT_S = 60.0


def answer(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What `lossboard ARGUMENTS` does in a folder, without a terminal. Raises TimeoutExpired after a minute."""
    loaded = _loaded()
    assert loaded.stdin is not None
    assert loaded.stdout is not None
    with TemporaryDirectory() as place:
        written = [str(Path(place) / name) for name in ("stdout", "stderr")]
        loaded.stdin.write(json.dumps([list(arguments), str(folder), dict(environment), written]) + "\n")
        loaded.stdin.flush()
        if not select.select([loaded.stdout], [], [], TIMEOUT_S)[0]:
            loaded.kill()
            _loaded.cache_clear()  # the next answer would be to another question
            raise subprocess.TimeoutExpired(list(arguments), TIMEOUT_S)
        status = int(loaded.stdout.readline())
        return subprocess.CompletedProcess(list(arguments), status, *(Path(name).read_text() for name in written))


@cache
def _loaded() -> subprocess.Popen[str]:
    loaded = subprocess.Popen(
        [sys.executable, "-m", "tests.copies"],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(loaded.wait)
    atexit.register(loaded.communicate)  # before that: it ends with its input
    return loaded


def serve() -> None:
    """Carry out the command lines that are read, each in a copy, and write how each ended."""
    import engine
    from tui.start import cli

    for module in walk_packages(engine.__path__, "engine."):  # a command imports what it needs only then
        import_module(module.name)
    gc.freeze()  # else each copy visits all of it again when it ends, which costs more than its command
    for line in sys.stdin:
        arguments, folder, environment, written = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, name in enumerate(written, start=1):
                os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
            sys.argv = ["lossboard", *arguments]
            cli.main(prog_name="lossboard")
            return
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
