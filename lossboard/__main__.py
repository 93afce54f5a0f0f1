"""Main: the console script `lossboard` and `python -m lossboard`."""

from __future__ import annotations

from lossboard.root import claim_names, put_theirs_last


def main() -> None:
    """Open the dashboard, or run the command that is named."""
    put_theirs_last()
    claim_names()
    from tui.start.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
