"""Own process: the command line of another process of this program."""

from __future__ import annotations

import sys

from engine.files.paths import ROOT


def own_command(package: str, module: str) -> list[str]:
    """The command line of a process of ours, the `main` of a module in one of our packages, before its options.

    -P keeps files in the current folder from being imported in place of a library, and what PYTHONPATH names comes
    last. It and site-packages may have another `engine`: ours is imported first, from the folder of this one.
    """
    root = str(ROOT)
    code = (
        "import os, sys; theirs = os.environ.get('PYTHONPATH', '').split(os.pathsep); "
        "theirs = [os.path.abspath(each) for each in theirs]; "
        "sys.path.sort(key=lambda each: os.path.abspath(each) in theirs); "
        f"sys.path.insert(0, {root!r}); import {package}; sys.path.remove({root!r}); "
        f"from {module} import main; sys.exit(main())"
    )
    return [sys.executable, "-P", "-c", code]
