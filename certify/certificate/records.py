"""What a certificate records about the machine and the software that issued it: never proved, shown as recorded."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from foundation import CertificateError

PACKAGES = ("python", "stabproof", "numpy", "scipy", "python-flint", "jax")
_LIBRARY = ("name", "version", "architecture", "threads")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+!_-]{0,39}|not installed|")
_WORD = re.compile(r"[0-9A-Za-z_.+-]{0,40}")
# The probes of `certify.floating_point_environment`, which have no other names.
_PROBES = frozenset(
    {
        "scalar arithmetic",
        "vectorised arithmetic",
        "matrix product",
        "threaded matrix product",
        "threaded matrix product of SciPy",
        "matrix-vector product",
        "dot product",
    }
)
_MOST_LIBRARIES, _MOST_THREADS = 64, 100_000


def check_software(software: Any) -> None:
    """Versions of known packages; raises `CertificateError` on anything else."""
    good = isinstance(software, dict) and set(software) <= set(PACKAGES)
    if not good or not all(is_version(version) for version in software.values()):
        raise CertificateError(f"the certificate's software is not a list of versions of {', '.join(PACKAGES)}")


def check_arithmetic(environment: Any) -> None:
    """What `certify.floating_point_environment` records where nothing failed; raises `CertificateError` otherwise."""
    if not isinstance(environment, dict) or (environment and set(environment) != set(_GROUND)):
        raise CertificateError(f"the certificate's arithmetic has other entries than {', '.join(_GROUND)}")
    for name, value in environment.items():
        if not _GROUND[name](value):
            raise CertificateError(f"the certificate's arithmetic has the malformed entry {name!r}")


def check_effort(effort: Any, counters: Mapping[str, Any]) -> None:
    """Counters of work; raises `CertificateError` on anything else."""
    good = isinstance(effort, dict) and (not effort or set(effort) == set(counters))
    if not good or not all(type(count) is int and 0 <= count < 2**60 for count in effort.values()):
        raise CertificateError(f"the certificate's effort is not a list of the counters {', '.join(counters)}")


def is_version(value: Any) -> bool:
    """Whether this is a short text such as 3.11.4."""
    return isinstance(value, str) and _VERSION.fullmatch(value) is not None


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _are_libraries(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= _MOST_LIBRARIES and all(map(_is_library, value))


def _is_library(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != set(_LIBRARY):
        return False
    threads = value["threads"]
    return (
        _is_word(value["name"])
        and is_version(value["version"])
        and _is_word(value["architecture"])
        and type(threads) is int
        and 0 <= threads <= _MOST_THREADS
    )


_GROUND: dict[str, Callable[[Any], bool]] = {
    "python": is_version,
    "numpy": is_version,
    "scipy": is_version,
    "machine": _is_word,
    "libraries": _are_libraries,
    "probes": lambda value: isinstance(value, list) and all(isinstance(p, str) and p in _PROBES for p in value),
    "failures": lambda value: value == [],
}
