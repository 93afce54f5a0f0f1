"""Root: the folder that Lossboard's packages lie in, put before all others while they are imported.

`engine` and `tui` are names that other people use, too: a file engine.py in the current folder, on PYTHONPATH or beside
a script must change nothing in our own processes, and in other people's it must be told.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("lossboard", "engine", "tui")


def claim_names() -> None:
    """Bind our packages to their names in this process, whatever else the path has under them.

    What is imported from them later is found in them, so the path is left as it was.
    """
    sys.path.insert(0, str(ROOT))
    try:
        for name in PACKAGES:
            importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT))


def check_name(name: str) -> None:
    """Raise ImportError, naming both files, where a package of ours is hidden by another one of that name."""
    ours = ROOT / name / "__init__.py"
    module = sys.modules.get(name)
    found = module.__spec__ if module is not None else importlib.util.find_spec(name)
    origin = None if found is None else found.origin
    if origin is None or not ours.exists() or Path(origin).resolve() != ours.resolve():
        raise ImportError(
            f"Lossboard needs its own package {name!r} ({ours}), but this process has another one under that name: "
            f"{origin or 'none that it can find'}. Rename that one, or use Lossboard in a process of its own."
        )
