"""sweep: many certificates, computed by any executor of `concurrent.futures`, kept as files as they come."""

import hashlib
import itertools
import pickle
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from certify.certificate import Certificate
from certify.certificate.file import from_bytes, read_certificate, to_bytes
from foundation import CertificateError, InputError, write_atomically
from foundation.errors import type_of
from stabproof.progress import Progress, silent

Prover = Callable[..., Certificate]
# What a worker sends back: the certificate's file (None: refused), the refusal, and seconds.
Answer = tuple[bytes | None, str, float]


@final
@dataclass(frozen=True)
class SweepEntry:
    """One point of a sweep: its certificate, or the sentence that says why there is none.

    seconds: what the proof took on its worker, 0 where the certificate was kept from an earlier run.
    """

    point: Mapping[str, Any]
    certificate: Certificate | None
    error: str
    seconds: float


@final
@dataclass(frozen=True)
class Sweep:
    """The entries in the order of the points."""

    entries: tuple[SweepEntry, ...]

    def __iter__(self) -> Iterator[SweepEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> SweepEntry:
        return self.entries[index]

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Those that there are."""
        return tuple(entry.certificate for entry in self.entries if entry.certificate is not None)

    @property
    def is_whole(self) -> bool:
        """Whether every point has its certificate."""
        return all(entry.certificate is not None for entry in self.entries)

    def __str__(self) -> str:
        return "\n".join(_line(entry) for entry in self.entries)


def sweep(
    prove: Prover,
    points: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]],
    *,
    executor: Executor | None = None,
    folder: Any = None,
    progress: Progress | None = None,
) -> Sweep:
    """`prove(**point)` for every point, each an argument's name and value; the certificates in the order of the points.

    points: a grid, name -> values, of which all combinations are taken (the last name runs fastest), or a list.
    executor: any `concurrent.futures.Executor`, for more than one process `prove` must be defined in a module; None:
    one after the other here. With `folder`, which must exist, each certificate is written there when it comes, and a
    point whose file is there is not computed again, so that a run that was killed goes on where it was; a file is known
    by the name of `prove` and the point's values, so begin an empty folder after changing the function itself. A point
    that is refused, or whose worker dies twice, has an `error` and stops no other one. Certificates come back as their
    files hold them, without attachments; `stabproof.check` repeats their proofs. Raises `InputError` on an empty sweep
    and on a folder that is missing.
    """
    listed, report = _points(points), progress or silent
    files = _files(prove, listed, folder)
    entries: dict[int, SweepEntry] = {}

    def record(index: int, entry: SweepEntry) -> None:
        entries[index] = entry
        report(f"{len(entries)} of {len(listed)} certificates: {_line(entry)}", len(entries) / len(listed))

    for index, path in enumerate(files):
        kept = _kept(path)
        if kept is not None:
            record(index, SweepEntry(listed[index], kept, "", 0.0))
    missing = [index for index in range(len(listed)) if index not in entries]
    answers = _here(prove, listed, missing) if executor is None else _sent(executor, prove, listed, missing)
    for index, (data, error, seconds) in answers:
        path = files[index]
        if data is not None and path is not None:
            write_atomically(path, data)
        record(index, SweepEntry(listed[index], None if data is None else from_bytes(data), error, seconds))
    return Sweep(tuple(entries[index] for index in range(len(listed))))


def _points(points: Any) -> list[Mapping[str, Any]]:
    if isinstance(points, Mapping):
        listed: list[Mapping[str, Any]] = [
            dict(zip(points, values, strict=True)) for values in itertools.product(*points.values())
        ]
    else:
        listed = list(points)
    if not listed or not all(isinstance(point, Mapping) for point in listed):
        raise InputError("a sweep needs at least one point: pass name -> values, or a list of name -> value")
    return listed


def _files(prove: Prover, points: Sequence[Mapping[str, Any]], folder: Any) -> list[Path | None]:
    if folder is None:
        return [None] * len(points)
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"the folder {place} does not exist; create it first")
    return [place / f"{_key(prove, point)}.json" for point in points]


def _key(prove: Prover, point: Mapping[str, Any]) -> str:
    """The same for the same function name and values; another way to pickle only makes a point be computed again."""
    inner = getattr(prove, "func", prove)
    name = f"{getattr(inner, '__module__', '')}.{getattr(inner, '__qualname__', type(inner).__name__)}"
    fixed = (getattr(prove, "args", ()), sorted(getattr(prove, "keywords", {}).items(), key=str))
    try:
        data = [pickle.dumps(part, protocol=4) for part in (name, fixed, *sorted(point.items()))]
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(
            f"a folder needs points whose values can be pickled ({error}); pass numbers or names"
        ) from None
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in data)).hexdigest()[:32]


def _kept(path: Path | None) -> Certificate | None:
    """A whole certificate that is there already; what is damaged is computed again."""
    if path is None or not path.exists():
        return None
    try:
        return read_certificate(path)
    except (InputError, CertificateError):
        return None


def _prove(prove: Prover, point: Mapping[str, Any]) -> Answer:
    """Runs in a worker."""
    start = time.perf_counter()
    try:
        certificate = prove(**point)
        if not isinstance(certificate, Certificate):
            raise InputError(f"the function of a sweep returns certificates, not {type_of(certificate)}")
        return to_bytes(certificate), "", time.perf_counter() - start
    except (InputError, CertificateError) as error:
        return None, str(error), time.perf_counter() - start
    except Exception as error:  # one point must not stop the others
        return None, f"{type(error).__name__}: {error}", time.perf_counter() - start


def _here(prove: Prover, points: Sequence[Any], missing: Sequence[int]) -> Iterator[tuple[int, Answer]]:
    return ((index, _prove(prove, points[index])) for index in missing)


def _sent(
    executor: Executor, prove: Prover, points: Sequence[Any], missing: Sequence[int]
) -> Iterator[tuple[int, Answer]]:
    """What the executor's workers answer, as they do; a task whose worker died is sent once more."""
    for attempt in (0, 1):
        try:
            futures = {executor.submit(_prove, prove, points[index]): index for index in missing}
        except RuntimeError as error:  # the executor takes no more tasks
            yield from ((index, (None, _death(error), 0.0)) for index in missing)
            return
        lost = []
        try:
            for future in as_completed(futures):
                failure = future.exception()
                if failure is None:
                    yield futures[future], future.result()
                elif attempt:
                    yield futures[future], (None, _death(failure), 0.0)
                else:
                    lost.append(futures[future])
        finally:
            for future in futures:
                future.cancel()
        missing = lost


def _death(error: BaseException) -> str:
    what = str(error).strip() or type(error).__name__
    return f"its worker ended ({what}); sweep again, with a folder only what is missing is computed"


def _line(entry: SweepEntry) -> str:
    values = ", ".join(f"{name} = {_shown(value)}" for name, value in entry.point.items())
    return f"{values}: {entry.error if entry.certificate is None else entry.certificate.verdict.name}"


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:37]}..."
