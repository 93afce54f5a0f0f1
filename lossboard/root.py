"""Root: the folder that contains Lossboard's packages, first on the path while they are imported.

`engine` and `tui` are common names: a file engine.py in the current folder, on PYTHONPATH or beside a script must have
no effect in our own processes, and must give a clear error in other programs.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("lossboard", "engine", "tui")


def claim_names() -> None:
    """Import our packages under their names in this process, even if the path has others of those names.

    Later imports from them use the loaded packages, so the path is restored.
    """
    sys.path.insert(0, str(ROOT))
    try:
        for name in PACKAGES:
            importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT))


def put_theirs_last() -> None:
    """Look for modules in the current folder and on PYTHONPATH last: people have a numpy.py or click.py there, too."""
    named = os.environ.get("PYTHONPATH", "")
    theirs = {os.path.abspath(each) for each in ("", *(named.split(os.pathsep) if named else ()))}
    sys.path.sort(key=lambda each: os.path.abspath(each) in theirs)


def check_name(name: str) -> None:
    """Raise ImportError, naming both files, if another package of this name hides ours."""
    ours = ROOT / name / "__init__.py"
    module = sys.modules.get(name)
    found = module.__spec__ if module is not None else importlib.util.find_spec(name)
    origin = None if found is None else found.origin
    if origin is None or not ours.exists() or Path(origin).resolve() != ours.resolve():
        raise ImportError(
            f"Lossboard needs its own package {name!r} ({ours}), but this process has another one under that name: "
            f"{origin or 'none that it can find'}. Rename that one, or use Lossboard in a process of its own."
        )
