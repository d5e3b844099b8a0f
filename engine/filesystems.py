"""What kind of file system holds a path. Light."""

from __future__ import annotations

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
NETWORK_FILE_SYSTEMS = frozenset("nfs nfs4 cifs smb3 smbfs fuse.sshfs 9p afs ceph lustre".split())


def file_system(path: Path) -> str:
    """Type of the file system that holds a path, from the kernel's mount table; "" if unknown."""
    try:
        lines = MOUNTS.read_bytes().splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    real = str(path.resolve())
    for line in lines:
        _, place, fs_type, *_ = line.split(b" ")
        mount = os.fsdecode(re.sub(rb"\\([0-3][0-7]{2})", _byte, place))
        inside = real == mount or real.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, fs_type.decode("ascii", "replace")
    return kind


def _byte(escape: re.Match[bytes]) -> bytes:
    r"""A byte that the kernel wrote as `\040`: blanks and backslashes of names."""
    return bytes([int(escape[1], 8)])
