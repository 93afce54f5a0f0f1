"""File systems: which one holds a path, and the journal mode that is safe on it."""

from __future__ import annotations

import os
import re
from pathlib import Path

NETWORK = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs", "glusterfs"),
        *("gpfs", "lustre", "ncpfs", "nfs", "nfs4", "orangefs", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs"),
    }
)
"""File systems shared between machines, where the shared memory of SQLite's WAL mode is unsafe."""

MOUNTS = Path("/proc/self/mountinfo")


def kind_of(path: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system that holds `path`, such as ext4 or nfs4; '' when unknown."""
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    place, best, kind = os.path.realpath(path), "", ""
    for line in lines:
        mount, separator, source = line.partition(" - ")
        fields = mount.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        # A later mount on the same point hides the earlier one.
        if inside and len(point) >= len(best):
            best, kind = point, source.split(" ")[0]
    return kind


def journal_mode(path: Path) -> str:
    """WAL on a local file system; DELETE on one that machines may share, where WAL is unsafe."""
    return "DELETE" if kind_of(path) in NETWORK else "WAL"
