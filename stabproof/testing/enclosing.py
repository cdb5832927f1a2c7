"""assert_encloses: an exact value against whatever the library proves a value to lie in."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from certify.enclosure import Enclosure
from certify.linear_algebra.discs import Eigenvalues
from foundation import InputError, positive_number
from stabproof.testing.exact_value import ExactReal, compare, exact_real, gap, order
from stabproof.testing.failures import leave_undecided, refute, rounded_up, succeed

_WRONG = "the routine that made the enclosure or the exact value is wrong: recompute both independently"


def assert_encloses(enclosure: Any, exact_value: Any, *, width: float | None = None) -> Any:
    """Check, without rounding, that the exact value lies in the enclosure, and that this is no wider than `width`.

    enclosure: an `Enclosure`; a `Ball`, `ArbEnclosure` or other result with arrays `lower` and `upper`, such as
    `TimeMap` and `symmetric_eigenvalues` (ascending); `Eigenvalues`, whose discs must hold the n exact numbers in their
    counts (in any order); a certificate or exponent with an `enclosure`; a sign, as in the pair of `log_determinant`;
    or a tuple, list or mapping of these. exact_value: the same structure of exact numbers: int, float, `Fraction`,
    FLINT's, mpmath's, real SymPy constants, scalars and arrays of NumPy, JAX and torch.
    An enclosure that is true but too wide, and a comparison that exact arithmetic cannot settle, are `Undecided`.
    Returns the enclosure.
    """
    __tracebackhide__ = True
    limit = None if width is None else positive_number(width, "width")
    for place, entry, value in _pairs(enclosure, exact_value, ""):
        if isinstance(entry, Eigenvalues):
            _check_discs(entry, value, limit)
        elif isinstance(entry, Enclosure):
            _check_entry(place, entry, value, limit)
        else:
            _check_sign(place, entry, value)
    return succeed(enclosure)


def _pairs(enclosure: Any, exact: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(enclosure, Eigenvalues):
        yield place, enclosure, exact
    elif isinstance(enclosure, Enclosure):
        yield place or "the value", enclosure, exact_real(exact, place or "exact_value")
    elif isinstance(enclosure, Mapping):
        if not isinstance(exact, Mapping) or set(exact) != set(enclosure):
            raise InputError(f"the enclosures are named {sorted(map(str, enclosure))}, and exact_value must be as well")
        for key in enclosure:
            yield from _pairs(enclosure[key], exact[key], f"{place}[{key!r}]")
    elif isinstance(enclosure, tuple | list):
        values = _listed(exact)
        if len(values) != len(enclosure):
            raise InputError(f"there are {len(enclosure)} enclosures, but exact_value has {len(values)} entries")
        for index, (entry, value) in enumerate(zip(enclosure, values, strict=True)):
            yield from _pairs(entry, value, f"{place}[{index}]" if place else f"entry {index}")
    elif enclosure is None or (isinstance(enclosure, int) and not isinstance(enclosure, bool)):
        yield place or "the sign", enclosure, exact_real(exact, place or "exact_value")
    else:
        yield from _entries(enclosure, exact)


def _entries(enclosure: Any, exact: Any) -> Iterator[tuple[str, Enclosure, ExactReal]]:
    """The entries of an array of bounds, or the one enclosure of a certificate."""
    if isinstance(getattr(enclosure, "enclosure", None), Enclosure):
        yield "the value", enclosure.enclosure, exact_real(exact, "exact_value")
        return
    # text has methods of these names
    if isinstance(enclosure, str | bytes) or not (hasattr(enclosure, "lower") and hasattr(enclosure, "upper")):
        kind = type(enclosure).__name__
        raise InputError(f"enclosure must be an Enclosure or a Ball or another result of stabproof, but is a {kind}")
    lower, upper = np.asarray(enclosure.lower), np.asarray(enclosure.upper)
    values = np.asarray(_numpy(exact), dtype=object)
    if values.shape != lower.shape:
        raise InputError(f"the ball has shape {lower.shape}, but exact_value has shape {values.shape}")
    for index, value in np.ndenumerate(values):
        name = f"entry {index}"
        yield name, Enclosure(float(lower[index]), float(upper[index])), exact_real(value, name)


def _listed(exact: Any) -> list[Any]:
    array = _numpy(exact)
    if isinstance(array, np.ndarray) and array.ndim:
        return list(array)
    if not isinstance(exact, tuple | list):
        raise InputError(f"exact_value must hold one value for each enclosure, but is {exact!r}")
    return list(exact)


def _numpy(value: Any) -> Any:
    """Tensors and arrays of other libraries as NumPy's."""
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    return np.asarray(value) if hasattr(value, "dtype") and not isinstance(value, np.ndarray) else value


def _check_sign(place: str, sign: int | None, value: ExactReal) -> None:
    __tracebackhide__ = True
    if sign is None:
        leave_undecided(f"{place} is {value}", sign, reason="the sign is not proved", to_try="a matrix off singularity")
    if compare(value, exact_real(sign, place)) != 0:
        refute(f"{place} is {value}; it is proved to be {sign}", sign, to_try=_WRONG)


def _check_entry(place: str, entry: Enclosure, value: ExactReal, limit: float | None) -> None:
    __tracebackhide__ = True
    below, above = order(value, entry.lower), order(value, entry.upper)
    too_wide = limit is not None and not entry.width <= limit
    if below in (0, 1) and above in (0, -1) and not too_wide:
        return
    headline, shown = f"{place} {value} lies in the enclosure", str(entry)
    if below == -1 or above == 1:
        side = entry.lower if below == -1 else entry.upper
        margin = f"the value lies {'below' if below == -1 else 'above'} it by at least {gap(side, value, down=True)}"
        refute(headline, entry, enclosure=shown, missing_margin=margin, to_try=_WRONG)
    if below is None or above is None:
        reason = "exact arithmetic separates the value neither from the bound nor proves that they are equal"
        leave_undecided(headline, entry, enclosure=shown, reason=reason, to_try="simplify the exact expression")
    if limit is not None:
        _too_wide(place, entry, entry.width, limit, shown)


def _check_discs(found: Eigenvalues, exact: Any, limit: float | None) -> None:
    __tracebackhide__ = True
    values = _listed(exact)
    if len(values) != found.dimension:
        raise InputError(f"the discs hold {found.dimension} eigenvalues, but exact_value has {len(values)}")
    held = [0] * len(found)
    for value in values:
        places = [_in_disc(value, complex(c), float(r)) for c, r in zip(found.centers, found.radii, strict=True)]
        if True in places:
            held[places.index(True)] += 1
        elif None in places:
            leave_undecided(f"{value} lies in a disc", found, reason="exact arithmetic does not settle it",
                            to_try="simplify the exact expression")  # fmt: skip
        else:
            refute(f"{value} lies in one of the {len(found)} discs", found, to_try=_WRONG)
    if held != [int(count) for count in found.counts]:
        refute(f"the discs hold {held} of the exact values; {found.counts.tolist()} are proved", found, to_try=_WRONG)
    widest = 2 * float(found.radii.max(initial=0.0))
    if limit is not None and not widest <= limit:
        _too_wide("a disc", found, widest, limit, f"{len(found)} discs, the widest {widest:g}")


def _in_disc(value: Any, center: complex, radius: float) -> bool | None:
    """|value - center| <= radius, exactly; None: not settled."""
    if np.isinf(radius):
        return True
    if isinstance(value, complex | np.complexfloating):
        value = (float(value.real), float(value.imag))
    elif hasattr(value, "free_symbols"):
        value = value.as_real_imag()
    else:
        value = (value, 0)
    real, imag = (exact_real(part, "an eigenvalue") for part in value)
    parts = [_minus(real, center.real), _minus(imag, center.imag)]
    first, second = (part * part if isinstance(part, Fraction) else sympy.expand(part * part) for part in parts)
    distance = (
        first + second
        if isinstance(first, Fraction) == isinstance(second, Fraction)
        else sympy.sympify(first) + sympy.sympify(second)
    )
    side = compare(distance if isinstance(distance, Fraction) else sympy.expand(distance), Fraction(radius) ** 2)
    return None if side is None else side <= 0


def _minus(exact: ExactReal, number: float) -> Any:
    other = Fraction(number)
    return exact - other if isinstance(exact, Fraction) else exact - sympy.Rational(other.numerator, other.denominator)


def _too_wide(place: str, evidence: Any, width: float, limit: float, shown: str) -> None:
    __tracebackhide__ = True
    margin = f"the width {rounded_up(width)} must fall to {limit:g}"
    advice = "narrow the input, raise the budget, or allow a larger width"
    leave_undecided(f"{place} is enclosed to width {limit:g}", evidence, enclosure=shown, missing_margin=margin,
                    to_try=advice)  # fmt: skip
