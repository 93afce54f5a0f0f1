"""Starter: what a worker starts in place of a command: it waits until the store knows it, then becomes the command.

Run as a file of its own, without anything of ours: `starter.py DESCRIPTOR PARENT WORDS...`.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the command once a byte comes; end where the worker ends before that."""
    go, parent, words = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.read(go, 1) != b"g" or os.getppid() != parent:
        sys.exit(1)
    os.close(go)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(words[0], words)
    except OSError as error:
        print(f"{words[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


if __name__ == "__main__":
    main()
