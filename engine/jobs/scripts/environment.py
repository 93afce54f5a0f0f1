"""Environment: which variables of a terminal go with a command, which are stored, and which are only passed on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from engine.spec import SpecError
from engine.spec.script import ScriptSpec

SECRET_NAME = re.compile(
    r"(?:^|_)(?:key|keys|apikey|token|tokens|secret|secrets|password|passwd|passphrase|pass|pwd|pat|credential|"
    r"credentials|auth|cookie|private|dsn|webhook|jwt|sas)(?:$|_|\d)|(?:key|token|secret|password|passwd)$|secret|password",
    re.IGNORECASE,
)
"""Names of variables whose values are never stored."""

NOT_SECRET = frozenset({"PWD", "OLDPWD", "KEYTIMEOUT"})

SECRET_VALUE = re.compile(
    r"://[^/\s:@]*:[^/\s@]+@|-----BEGIN|^(?:sk-|pk-|ghp_|gho_|github_pat_|glpat-|hf_|xox[abp]-|AKIA|eyJ[\w-]{10,}\.)"
)
"""Values that are a password in an address, a private key, or one of the tokens that say so in their beginning."""

OF_THE_TERMINAL = re.compile(
    r"(?:_|SHLVL|PWD|OLDPWD|TERM|TERM_.*|COLORTERM|COLUMNS|LINES|TMUX.*|STY|WINDOW.*|WINDOWID|SSH_.*|LS_COLORS|PS[0-9]|"
    r"PROMPT.*|HIST.*|XDG_SESSION.*|DBUS_.*|GPG_.*|BASH_FUNC_.*|LESS.*|PAGER|EDITOR|VISUAL|MAIL|VTE_.*|KONSOLE.*|"
    r"ITERM.*|LOSSBOARD_.*|MAKE.*|MFLAGS)$"
)
"""Names of variables that say something of the terminal or of us; the rest says how programs run."""

STORE = "LOSSBOARD_DB"
SLOT = "LOSSBOARD_SLOT"
DEVICES = "CUDA_VISIBLE_DEVICES"

LONGEST_VALUE = 32_768

THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)  # fmt: skip


def is_secret(name: str, value: str = "") -> bool:
    """Whether the value of a variable must not be stored."""
    return name not in NOT_SECRET and (bool(SECRET_NAME.search(name)) or bool(SECRET_VALUE.search(value)))


def recorded(environment: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """(the variables to store with a command, the names of those that are secret)."""
    there = {name: value for name, value in environment.items() if not OF_THE_TERMINAL.match(name)}
    secrets = tuple(sorted(name for name, value in there.items() if is_secret(name, value)))
    kept = {name: value for name, value in there.items() if name not in secrets and len(value) <= LONGEST_VALUE}
    return kept, secrets


def check_variables(variables: Mapping[str, str]) -> None:
    """Raise SpecError where a variable that is given for a command would store a secret."""
    for name, value in variables.items():
        if is_secret(name, value):
            raise SpecError(
                "env",
                f"{name} looks like a secret, and what is given with --env is stored; set it in the shell instead",
            )


def started_with(
    spec: ScriptSpec, recorded: Mapping[str, str], own: Mapping[str, str], slot: str, threads: int
) -> tuple[dict[str, str], tuple[str, ...]]:
    """(the environment of a command, the names of secrets that it does not get).

    `own` is that of the worker: secrets are passed on from it, where it has them. `slot` is such as gpu:1. Libraries
    that compute get so many `threads` unless the variables say otherwise.
    """
    passed = {name: own[name] for name in spec.secrets if name in own}
    environment = {**dict.fromkeys(THREADS, str(threads)), **recorded, **passed, **spec.variables}
    environment.setdefault("PATH", own.get("PATH", "/usr/local/bin:/usr/bin:/bin"))
    environment["PYTHONUNBUFFERED"] = "1"
    if slot:
        name, _, number = slot.rpartition(":")
        environment[SLOT] = number
        if name.lower() in ("gpu", "cuda"):
            environment[DEVICES] = _device(recorded.get(DEVICES, spec.variables.get(DEVICES, "")), int(number))
    return environment, tuple(name for name in spec.secrets if name not in passed)


def _device(visible: str, number: int) -> str:
    """The device of a slot: of those that were visible where it was launched, or the one of this number."""
    devices = [each.strip() for each in visible.split(",") if each.strip()]
    return devices[number] if number < len(devices) else str(number)


def attachment(store: Path, run_id: int, attempt: int, began_s: float, elapsed_s: float) -> str:
    """What a program that logs itself is told of its run: `began_s` on the monotonic clock, `elapsed_s` before it."""
    return json.dumps({"store": str(store), "run": run_id, "attempt": attempt, "began": began_s, "elapsed": elapsed_s})
