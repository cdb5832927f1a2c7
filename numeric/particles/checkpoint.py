"""A long run as a chain of equal pieces: its state is kept in one file, so that a killed run goes on bit for bit."""

import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from foundation import InputError, write_atomically

State = dict[str, np.ndarray]
Progress = Callable[[str, float], None]
_SECONDS_BETWEEN_WRITES = 2.0


def run_pieces(
    start: Callable[[], State],
    advance: Callable[[State, int], State],
    pieces: int,
    *,
    settings: Mapping[str, Any],
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> State:
    """The state after `advance(state, k)` for k = 0 .. pieces - 1; an advanced state may grow in size.

    With a `checkpoint` the state is written there (a missing folder is made), as one file that replaces the one
    before, at most every two seconds and at the end; a file that is found is continued. `settings` (JSON) must
    determine the run up to its length: a file of other settings, of a longer run, or that cannot be read is refused
    with `InputError`. The pieces of a continued run are the same computations on the same floats, so it ends in the
    same bits. `progress` is told a message and the finished share after each piece.
    """
    path = None if checkpoint is None else _prepared(Path(checkpoint))
    text = json.dumps(dict(settings), sort_keys=True)
    done, state = 0, None
    if path is not None and path.exists():
        done, state = _read(path, text)
        if done > pieces:
            raise InputError(f"the checkpoint {path} holds {done} pieces of a run, more than the {pieces} asked for")
    state = start() if state is None else state
    written, report = time.monotonic(), progress or _silent
    for piece in range(done, pieces):
        state = advance(state, piece)
        report(f"piece {piece + 1} of {pieces}", (piece + 1) / pieces)
        if path is not None and (piece + 1 == pieces or time.monotonic() - written > _SECONDS_BETWEEN_WRITES):
            _write(path, text, piece + 1, state)
            written = time.monotonic()
    return state


def to_standard_error(name: str) -> Progress:
    """A `progress` that prints at most one line in five seconds, with the time that is left."""
    begun = time.monotonic()
    last = begun

    def report(message: str, share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < 5 and share < 1:
            return
        last = now
        left = (now - begun) * (1 - share) / max(share, 1e-9)
        print(f"{name}: {message}, {100 * share:.1f} %, about {left:.0f} s left", file=sys.stderr, flush=True)

    return report


def _prepared(path: Path) -> Path:
    """The path, with its folder."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {path.parent} cannot be used ({error}); choose another one") from None
    return path


def _write(path: Path, settings: str, done: int, state: State) -> None:
    stream = io.BytesIO()
    header = np.frombuffer(settings.encode(), dtype=np.uint8)
    np.savez(
        stream, allow_pickle=False, settings=header, done=np.int64(done), **{f"state_{k}": v for k, v in state.items()}
    )
    write_atomically(path, stream.getvalue())


def _read(path: Path, settings: str) -> tuple[int, State]:
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            found = bytes(stored["settings"]).decode()
            done = int(stored["done"])
            state = {name.removeprefix("state_"): stored[name] for name in stored.files if name.startswith("state_")}
    except (OSError, ValueError, TypeError, EOFError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(f"the checkpoint {path} cannot be read ({error}); delete it or name another file") from None
    if found != settings:
        raise InputError(f"the checkpoint {path} belongs to a run with other settings; name another file")
    if done < 0 or not state:
        raise InputError(f"the checkpoint {path} holds no state of a run; delete it or name another file")
    return done, state


def _silent(message: str, share: float) -> None:
    pass
