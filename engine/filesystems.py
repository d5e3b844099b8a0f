"""What kind of file system holds a path. Light."""

from __future__ import annotations

from pathlib import Path

NETWORK_FILE_SYSTEMS = frozenset("nfs nfs4 cifs smb3 smbfs fuse.sshfs 9p afs ceph lustre".split())


def file_system(path: Path) -> str:
    """Type of the file system that holds a path, from the kernel's mount table; "" if unknown."""
    try:
        lines = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    real = str(path.resolve())
    for line in lines:
        _, mount, fs_type, *_ = line.split()
        mount = mount.encode().decode("unicode_escape")
        inside = real == mount or real.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, fs_type
    return kind
