"""What differs between platforms: locks, sessions, death with the parent, signals, boot id.

Only the standard library, and no other file of the project may name a platform.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

IS_WINDOWS = sys.platform == "win32"
IS_LINUX = sys.platform.startswith("linux")

if not IS_WINDOWS:
    import fcntl
else:  # pragma: no cover - Linux is where everything is tested
    import msvcrt

PR_SET_PDEATHSIG = 1
AT_FDCWD = -100
RENAME_NOREPLACE = 1


class FileLock:
    """An advisory lock on a file, held for as long as the descriptor is open.

    The file is never deleted: whoever deletes a lock file splits it into two locks.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self.path = path
        self._shared = shared
        """Whether other users of the machine take it too."""
        self._fd: int | None = None

    def acquire(self, text: str = "") -> bool:
        """Take the lock without waiting; `text` is written into the file. False if it is held."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd, can_write = self._open()
        # Someone who only asks holds a shared lock for an instant: look again before giving up.
        tries = 5
        while not _try_lock(fd):
            tries -= 1
            if not tries:
                os.close(fd)
                return False
            time.sleep(0.02)
        if can_write:
            try:
                os.ftruncate(fd, 0)
                os.pwrite(fd, text.encode(), 0)
            except OSError:  # no room: whoever could not say that it holds the lock doesn't
                os.close(fd)
                raise
        self._fd = fd
        return True

    def _open(self) -> tuple[int, bool]:
        """A descriptor of the file, and whether it can be written. What exists is opened without
        `O_CREAT`, which the kernel denies for another user's file in a sticky folder; a lock needs
        no right to write."""
        more = getattr(os, "O_CLOEXEC", 0)
        try:
            return os.open(self.path, os.O_RDWR | more), True
        except FileNotFoundError:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | more, 0o666)
        except PermissionError:
            if not self._shared:
                raise
            return os.open(self.path, os.O_RDONLY | more), False
        if self._shared and not IS_WINDOWS:
            os.fchmod(fd, 0o666)  # the umask has taken the others' right to write away
        return fd, True

    def release(self) -> None:
        """Give the lock up; harmless when it isn't held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _try_lock(fd: int) -> bool:
    try:
        if IS_WINDOWS:  # pragma: no cover
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock at `path`. Works on read-only folders too."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        if IS_WINDOWS:  # pragma: no cover
            return not _try_lock(fd)
        # A shared lock asks without shutting out other askers.
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        return False
    finally:
        os.close(fd)


def die_with_parent(parent_pid: int) -> None:
    """Ask the kernel to kill this process when its parent dies; exit now if it already has.

    The signal follows the thread that spawned us, so parents spawn from their main thread.
    """
    if IS_LINUX:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


def start_time(pid: int) -> float:
    """When the process started, in clock ticks since boot on Linux; 0.0 if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        return float(stat.rpartition(")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        pass
    if IS_LINUX:
        return 0.0
    import psutil  # only where there is no /proc

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def boot_id() -> str:
    """An identifier of this boot of the machine; empty where the platform has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def host() -> str:
    """This machine's name."""
    return socket.gethostname()


def is_same_process(pid: int, started: float, on_host: str) -> bool:
    """Whether the process a lock names is still that process: checked before any signal."""
    return on_host == host() and pid > 0 and start_time(pid) == started != 0.0


def on_stop_signals(handler: Callable[[int], None]) -> None:
    """Call `handler` with the signal's number on SIGTERM, SIGINT and SIGHUP."""

    def receive(number: int, _frame: FrameType | None) -> None:
        handler(number)

    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), receive)


def on_kill_signal(handler: Callable[[], None]) -> None:
    """Call `handler` when the user says that the work shall end at once (`ask_to_kill`)."""
    if hasattr(signal, "SIGQUIT"):
        signal.signal(signal.SIGQUIT, lambda _number, _frame: handler())


def ask_to_stop(pid: int) -> None:
    """SIGTERM: finish the batch, save, end."""
    _signal(pid, "SIGTERM")


def ask_to_kill(pid: int) -> None:
    """Tell a supervisor to kill its step and to record that; on Windows the same as a stop."""
    _signal(pid, "SIGTERM" if IS_WINDOWS else "SIGQUIT")


def kill(pid: int) -> None:
    """End a process without a word."""
    _signal(pid, "SIGTERM" if IS_WINDOWS else "SIGKILL")


def kill_session(pid: int) -> None:
    """End a process that leads a session, with all that it started there."""
    if IS_WINDOWS:  # pragma: no cover
        kill(pid)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _signal(pid: int, name: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, getattr(signal, name))


def signal_name(number: int) -> str:
    """`signal 9` style words for an exit status of -9."""
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"


def log(text: str) -> None:
    """A line for engine.log, which is this process's standard error. A full disk, which is what
    there may be to tell of, must not end the program here."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


@functools.lru_cache(maxsize=64)
def log_once(text: str) -> None:
    """The same for what is met again at each look."""
    log(text)


LOCK_FOLDERS = (Path("/run/lock"), Path("/var/lock"), Path("/tmp"))


def device_lock_folder() -> Path:
    """Where device locks live: the first folder that every user of the machine can write to, also
    those who are not asking; a folder of the user's own would have a lock of its own."""
    for folder in LOCK_FOLDERS:
        with contextlib.suppress(OSError):
            if folder.stat().st_mode & 0o002:
                return folder
    return Path(tempfile.gettempdir())


def when_unread(act: Callable[[], None]) -> None:
    """Call `act`, in a thread of its own, once nobody is left who reads this process's standard
    output: who asked for it was killed. Nothing where the platform can't tell."""
    if IS_WINDOWS:  # pragma: no cover
        return
    gone = select.poll()
    gone.register(1, 0)  # a closed end is told of unasked

    def wait() -> None:
        gone.poll()
        act()

    threading.Thread(target=wait, daemon=True).start()


def rename_new(path: Path, aim: Path) -> None:
    """Rename a file or folder to a name that nothing has: it never overwrites.

    Raises `FileExistsError`, and `OSError` with `EXDEV` between file systems. Where the file system
    can't do both at once (NFS), the name is looked at just before.
    """
    if IS_LINUX:
        libc = ctypes.CDLL(None, use_errno=True)
        done = libc.renameat2(
            AT_FDCWD, os.fsencode(path), AT_FDCWD, os.fsencode(aim), RENAME_NOREPLACE
        )
        if done == 0:
            return
        number = ctypes.get_errno()
        if number not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(number, os.strerror(number), str(path), None, str(aim))
    if os.path.lexists(aim):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(aim))
    os.rename(path, aim)


def fsync_folder(path: Path) -> None:
    """Flush a folder's entries to disk where the platform can."""
    if IS_WINDOWS:  # pragma: no cover
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
