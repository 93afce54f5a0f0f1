"""Loading: what FILE.py:NAME, or the name of an entry point, stands for; checked against the spec's SHA-256 first."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.files.program import store_command
from engine.own_code.failures import where
from engine.own_code.trusted import is_trusted, trust
from engine.spec import FIELDS, GROUPS, RunSpec, SpecError, is_own_file, own_parts, short_name

LARGEST_FILE = 16 << 20

_provided: dict[str, bytes] = {}
"""Files of code by path that this process takes as they were sent, by somebody who has said yes to them elsewhere."""


class NotTrusted(SpecError):
    """A spec names a file of code that nobody here has said yes to."""

    def __init__(self, field: str, path: str) -> None:
        super().__init__(
            field,
            f"{FIELDS[field].label}: {path} is code that nobody here has said yes to; read it, then name it on the "
            f"command line, or allow that of a run with {store_command('trust RUN')}",
        )
        self.path = path

    def reason_to_wait(self, run_id: int) -> str:
        """Return why a run waits, and what to do."""
        return f"{self.path} is code that nobody here has said yes to; read it, then {store_command(f'trust {run_id}')}"


def load(spec: RunSpec, field: str) -> Any:
    """Return what a spec's name of your own stands for.

    Raises NotTrusted for a file that nobody here has said yes to; SpecError for one that is missing, has changed since
    the spec was made, cannot be imported, or lacks the name.
    """
    name = getattr(spec, field)
    if not is_own_file(name):
        return _of_package(field, name)
    path, attribute = own_parts(name)
    content = _checked(spec, field, path)
    module = _module(field, path, hashlib.sha256(content).hexdigest(), content)
    if not hasattr(module, attribute):
        raise SpecError(field, f"{FIELDS[field].label}: {path} has no {attribute}")
    return getattr(module, attribute)


def contents(spec: RunSpec) -> dict[str, bytes]:
    """Return the files of code that a spec names, by path, for a process elsewhere. Raises as `load` does."""
    files = {field: own_parts(name)[0] for field, name in spec.own_names.items() if is_own_file(name)}
    return {path: _checked(spec, field, path) for field, path in files.items()}


def provide(path: str, content: bytes) -> None:
    """Have this process take a file of code as it was sent, in place of what lies at its path here."""
    _provided[path] = content


def allow(spec: RunSpec, fields: Collection[str] = tuple(GROUPS)) -> list[str]:
    """Note the user's yes to the files that a pinned spec names in `fields`, as they were then; returns their paths.

    Raises SpecError if the yes cannot be kept.
    """
    known = digests(spec)
    files = {field: own_parts(name)[0] for field, name in spec.own_names.items() if field in known and field in fields}
    for field, path in files.items():
        try:
            trust(path, known[field])
        except OSError as error:
            raise SpecError(field, f"the yes to {path} cannot be kept: {error}") from None
    return list(dict.fromkeys(files.values()))


def pinned(spec: RunSpec, fields: Collection[str] = tuple(GROUPS)) -> RunSpec:
    """Return the spec with the SHA-256 of each file that one of the fields names, as it is now.

    Those of other fields stay. Raises SpecError for a file that is missing.
    """
    found = {field: digest for field, digest in digests(spec).items() if field not in fields}
    for field, name in spec.own_names.items():
        if field in fields and is_own_file(name):
            found[field] = hashlib.sha256(_read(field, own_parts(name)[0])).hexdigest()
    return spec.changed(code=" ".join(f"{field}={found[field]}" for field in sorted(found)))


def unfit(spec: RunSpec, field: str, why: str) -> SpecError:
    """Return the error for a name of your own that stands for something else than was expected."""
    return SpecError(field, f"{FIELDS[field].label}: {short_name(getattr(spec, field))}: {why}")


def digests(spec: RunSpec) -> dict[str, str]:
    """Return the SHA-256 of each file in a spec, by the field that names it."""
    return dict(part.split("=", 1) for part in spec.code.split() if "=" in part)


def _checked(spec: RunSpec, field: str, path: str) -> bytes:
    """Return a file's content if it is the one that the spec was made with, and somebody has said yes to it."""
    sent = _provided.get(path)
    content = _read(field, path) if sent is None else sent
    digest, known = hashlib.sha256(content).hexdigest(), digests(spec).get(field)
    if known is not None and digest != known:
        raise SpecError(
            field,
            f"{FIELDS[field].label}: {path} has changed since the run was made (its SHA-256 was {known[:12]} and is "
            f"{digest[:12]}); bring the file back as it was, or start another run with it",
        )
    if sent is None and not is_trusted(path, digest):
        raise NotTrusted(field, path)
    return content


def _read(field: str, path: str) -> bytes:
    try:
        if os.path.getsize(path) > LARGEST_FILE:
            raise SpecError(field, f"{FIELDS[field].label}: {path} is too large for a file of code")
        return Path(path).read_bytes()
    except OSError as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise SpecError(field, f"{FIELDS[field].label}: {path} {reason}") from None


def _module(field: str, path: str, digest: str, content: bytes) -> ModuleType:
    try:
        return _imported(path, digest, content)
    except (Exception, SystemExit) as error:
        raise SpecError(field, f"{FIELDS[field].label}: {path} cannot be imported: {where(error)}") from error


@lru_cache(maxsize=32)
def _imported(path: str, digest: str, content: bytes) -> ModuleType:
    """Run a file's content as a module. What lies beside the file is found after everything that is installed."""
    module = ModuleType(f"own_code_{digest[:16]}")
    module.__file__ = path
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.append(folder)
    sys.modules[module.__name__] = module
    try:
        exec(compile(content, path, "exec"), module.__dict__)
    except BaseException:
        del sys.modules[module.__name__]
        raise
    return module


def _of_package(field: str, name: str) -> Any:
    from importlib.metadata import entry_points  # a tenth of a worker's start, and few name a package

    found = [entry for entry in entry_points(group=GROUPS[field]) if entry.name == name]
    if not found:
        raise SpecError(field, f"{FIELDS[field].label}: no installed package offers {short_name(name)}")
    try:
        return found[0].load()
    except (Exception, SystemExit) as error:
        raise SpecError(field, f"{FIELDS[field].label}: {found[0].value} cannot be loaded: {where(error)}") from error
