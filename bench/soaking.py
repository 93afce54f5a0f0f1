"""`python -m bench.soaking STORE`: the dashboard, asked to draw as often as it can instead of ten times a second."""

from __future__ import annotations

import sys
from pathlib import Path

from tui import feed, session

if __name__ == "__main__":
    feed.PACE_S = 0.0
    sys.exit(session.run(Path(sys.argv[1])))
