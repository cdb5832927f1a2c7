"""Files are written whole or not at all."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

from foundation.errors import InputError

_MOST_NAMES = 100  # 128 random bits a name: a second try is already improbable


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write `content` to `path` so that a reader, also after a kill, finds the old file or the whole new one.

    The bytes go to a temporary file in the same folder, which then replaces `path` in one step. A symbolic link is
    followed: the file that it names is replaced, the link stays. A file that exists keeps its mode; a new one gets
    what the process's umask leaves of 0666. Raises `InputError` when the folder is missing or cannot be written, and
    when `path` exists and is no regular file.
    """
    named = _path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        target, mode = _target(named)
        handle, name = _temporary(target)
    except OSError as error:
        raise InputError(f"cannot write {named}: {error.strerror}; name a folder that exists and is writable") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            os.chmod(name, mode)
        os.replace(name, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(name)
        if isinstance(error, OSError):
            raise InputError(f"cannot write {named}: {error.strerror}; free space or choose another path") from None
        raise
    return named


def _path(path: str | os.PathLike[str]) -> Path:
    try:
        named = Path(path)
    except TypeError:
        raise InputError(f"a file's path must be text or a path, but is {path!r}") from None
    if "\0" in str(named):
        raise InputError(f"a file's path must hold no null character, but is {str(named)!r}")
    return named


def _target(named: Path) -> tuple[Path, int | None]:
    """The file that the path names, links followed, and its mode bits where it exists."""
    try:
        target = named.resolve()
    except RuntimeError:  # Python before 3.13 says so of links in a circle
        raise InputError(f"cannot write {named}: it is a link that leads to itself; choose another path") from None
    try:
        found = target.stat()
    except FileNotFoundError:
        return target, None
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"cannot write {named}: it exists and is {_kind(found.st_mode)}; choose another path")
    return target, stat.S_IMODE(found.st_mode) & 0o777


def _kind(mode: int) -> str:
    kinds = {
        stat.S_ISDIR: "a folder",
        stat.S_ISFIFO: "a pipe",
        stat.S_ISSOCK: "a socket",
        stat.S_ISCHR: "a device",
        stat.S_ISBLK: "a device",
    }
    return next((name for test, name in kinds.items() if test(mode)), "no regular file")


def _temporary(target: Path) -> tuple[int, str]:
    """A new file beside the target; the kernel applies the umask, which nobody can read without changing it for all."""
    for _ in range(_MOST_NAMES):
        name = str(target.with_name(f".{target.name[:40]}.{secrets.token_hex(16)}.part"))
        with contextlib.suppress(FileExistsError):
            return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666), name
    raise FileExistsError(17, "no free name for a temporary file")
