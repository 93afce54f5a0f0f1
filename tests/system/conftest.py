"""Every process that a test starts runs the code that the test is about, whatever is installed."""

from __future__ import annotations

import os
from pathlib import Path

os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])
