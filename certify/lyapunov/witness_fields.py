"""Reading a witness that may be damaged: what is missing or malformed is a `CertificateError`, never a wrong bound."""

import math

import numpy as np

from certify.lyapunov.families.family import Witness
from foundation import CertificateError


def array_field(witness: Witness, name: str, ndim: int) -> np.ndarray:
    """The finite float64 array of `ndim` axes under `name`."""
    try:
        value = np.asarray(witness[name], np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise CertificateError(f"the witness has no array of floats '{name}' ({error!r})") from None
    if value.ndim != ndim or not np.isfinite(value).all():
        raise CertificateError(
            f"the witness's '{name}' must be a finite array of {ndim} axes, but has shape {value.shape}"
        )
    return value


def number_field(witness: Witness, name: str, lower: float, upper: float) -> float:
    """The number in [lower, upper] under `name`."""
    try:
        value = float(witness[name])
    except (KeyError, TypeError, ValueError) as error:
        raise CertificateError(f"the witness has no number '{name}' ({error!r})") from None
    if not lower <= value <= upper:
        raise CertificateError(f"the witness's '{name}' is {value}; it must lie in [{lower}, {upper}]")
    return value


def integer_field(witness: Witness, name: str, lower: int, upper: int) -> int:
    """The whole number in [lower, upper] under `name`."""
    value = number_field(witness, name, lower, upper)
    if not math.isfinite(value) or value != int(value):
        raise CertificateError(f"the witness's '{name}' is {value}; it must be a whole number")
    return int(value)


def text_field(witness: Witness, name: str) -> str:
    """The text under `name`."""
    value = witness.get(name)
    if not isinstance(value, str):
        raise CertificateError(f"the witness has no text '{name}', but {value!r}")
    return value
