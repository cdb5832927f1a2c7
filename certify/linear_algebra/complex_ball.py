"""Arrays of complex discs: midpoint and radius, with rigorous sums, products and matrix products."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.products import vector_norms
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF, gamma, inflate, inflate_products
from foundation import InputError, finite_array, plain_array


@final
@dataclass(frozen=True, eq=False)
class ComplexBall:
    """The set of complex arrays z with |z - mid| <= rad in every entry.

    `mid` is complex128 and finite; `rad` is float64 of the same shape, >= 0, possibly +inf (then mid = 0).
    Every operation is done on real and imaginary parts with real elementwise operations and real BLAS products
    alone, so it rests on the same error bounds as `Ball`; no complex multiplication of a library is trusted.
    """

    mid: np.ndarray
    rad: np.ndarray

    __array_ufunc__ = None

    @staticmethod
    def exact(value: Any, name: str = "array") -> "ComplexBall":
        """Complex floats taken as exact numbers; raises `InputError` on NaN, infinities and non-numbers."""
        mid = finite_complex(value, name)
        return ComplexBall(mid, np.zeros(mid.shape))

    @staticmethod
    def from_parts(real: Ball, imag: Ball) -> "ComplexBall":
        """The discs around the rectangles real + i imag."""
        rad = modulus_upper(real.rad, imag.rad)
        bounded = np.isfinite(rad)
        mid = np.where(bounded, real.mid, 0.0) + 1j * np.where(bounded, imag.mid, 0.0)
        return ComplexBall(mid, np.where(bounded, rad, np.inf))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.mid.shape

    @property
    def real(self) -> Ball:
        """Enclosure of the real parts."""
        return Ball._unchecked(np.ascontiguousarray(self.mid.real), self.rad)

    @property
    def imag(self) -> Ball:
        """Enclosure of the imaginary parts."""
        return Ball._unchecked(np.ascontiguousarray(self.mid.imag), self.rad)

    @property
    def magnitude(self) -> np.ndarray:
        """Upper bounds of |z|."""
        return np.asarray(inflate(modulus_upper(self.mid.real, self.mid.imag) + self.rad, 1))

    @property
    def mignitude(self) -> np.ndarray:
        """Lower bounds of |z|."""
        with np.errstate(invalid="ignore"):
            distance = np.nextafter(modulus_lower(self.mid.real, self.mid.imag) - self.rad, -np.inf)
        return np.maximum(distance, 0.0)

    @property
    def T(self) -> "ComplexBall":
        return ComplexBall(self.mid.T, self.rad.T)

    def conjugate(self) -> "ComplexBall":
        """The reflected discs."""
        return ComplexBall(self.mid.conjugate(), self.rad)

    def __getitem__(self, index: Any) -> "ComplexBall":
        return ComplexBall(np.asarray(self.mid[index]), np.asarray(self.rad[index]))

    def __neg__(self) -> "ComplexBall":
        return ComplexBall(-self.mid, self.rad)

    def __add__(self, other: "ComplexBall") -> "ComplexBall":
        return self._with_spread(other, self._exact_real + other._exact_real, self._exact_imag + other._exact_imag)

    def __sub__(self, other: "ComplexBall") -> "ComplexBall":
        return self + (-other)

    def __mul__(self, other: "ComplexBall") -> "ComplexBall":
        a, b, c, d = self._exact_real, self._exact_imag, other._exact_real, other._exact_imag
        centre = ComplexBall.from_parts(a * c - b * d, a * d + b * c)
        with np.errstate(over="ignore", invalid="ignore"):
            reach = modulus_upper(other.mid.real, other.mid.imag) + other.rad
            spread = modulus_upper(self.mid.real, self.mid.imag) * other.rad + self.rad * reach
        return centre.widened(inflate_products(spread, 5))

    def __matmul__(self, other: "ComplexBall") -> "ComplexBall":
        return complex_matmul(self, other)

    def widened(self, radius: np.ndarray) -> "ComplexBall":
        """The discs with `radius` >= 0 added to every radius; NaN counts as unbounded."""
        with np.errstate(invalid="ignore"):
            rad = inflate(self.rad + radius, 1)
        bounded = np.isfinite(rad)
        return ComplexBall(np.where(bounded, self.mid, 0.0), np.where(bounded, rad, np.inf))

    def contains(self, value: Any) -> np.ndarray:
        """Entrywise: whether the complex float lies in the disc (True only when it is proved)."""
        point = ComplexBall.exact(value)
        return np.asarray((ComplexBall(self.mid, np.zeros(self.shape)) - point).magnitude <= self.rad)

    @property
    def _exact_real(self) -> Ball:
        return Ball._unchecked(np.ascontiguousarray(self.mid.real), np.zeros(self.shape))

    @property
    def _exact_imag(self) -> Ball:
        return Ball._unchecked(np.ascontiguousarray(self.mid.imag), np.zeros(self.shape))

    def _with_spread(self, other: "ComplexBall", real: Ball, imag: Ball) -> "ComplexBall":
        return ComplexBall.from_parts(real, imag).widened(inflate(self.rad + other.rad, 1))


def complex_matmul(a: ComplexBall, b: ComplexBall) -> ComplexBall:
    """Enclosure of the matrix product of discs (m, k) and (k, n), from one real BLAS product.

    [Re C, Im C] = [Re A, -Im A] [[Re B, Im B], [Im B, -Re B]] has inner dimension 2k, so each part errs by at most
    gamma_2k ||a_i|| ||b_j|| + 2k eta (Cauchy and Schwarz); the radii add |A| S + R (|B| + S) with moduli rounded up
    [S. Rump, Numer. Algorithms 61 (2012)].
    """
    count, columns = 2 * a.shape[-1], b.shape[-1]
    left = np.concatenate([a.mid.real, -a.mid.imag], axis=1)
    top = np.concatenate([b.mid.real, b.mid.imag], axis=1)
    bottom = np.concatenate([b.mid.imag, -b.mid.real], axis=1)
    right = np.concatenate([top, bottom], axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        both = left @ right
        norms = vector_norms(left, 1)[:, None] * vector_norms(right[:, :columns], 0)[None, :]
        # both parts err: the factor 3/2 covers sqrt 2 and every rounding of the bound itself
        error = norms * (1.5 * gamma(count) * (1.0 + 4 * gamma(count + 4))) + 2 * (count + 2) * SMALLEST_SUBNORMAL
        mid = np.empty((len(left), columns), np.complex128)
        mid.real, mid.imag = both[:, :columns], both[:, columns:]
        bounded = np.isfinite(mid) & np.isfinite(error)
        if not bounded.all():
            mid, error = np.where(bounded, mid, 0.0), np.where(bounded, error, np.inf)
    result = ComplexBall(mid, error)
    return result.widened(_spread(a, b)) if a.rad.any() or b.rad.any() else result


def _spread(a: ComplexBall, b: ComplexBall) -> np.ndarray:
    from certify.linear_algebra.perron import upper_product

    spread = np.zeros((*a.shape[:-1], b.shape[-1]))
    if b.rad.any():
        spread = spread + upper_product(modulus_upper(a.mid.real, a.mid.imag), b.rad)
    if a.rad.any():
        spread = spread + upper_product(a.rad, b.magnitude)
    return np.asarray(inflate(spread, 2))


def modulus_upper(real: np.ndarray, imag: np.ndarray) -> np.ndarray:
    """Upper bounds of |real + i imag|, exact where a part is zero, safe against overflow of the squares."""
    return np.asarray(_modulus(real, imag, 1 + 16 * UNIT_ROUNDOFF, 2 * SMALLEST_SUBNORMAL))


def modulus_lower(real: np.ndarray, imag: np.ndarray) -> np.ndarray:
    """Lower bounds of |real + i imag|."""
    value = _modulus(real, imag, 1 - 16 * UNIT_ROUNDOFF, -2 * SMALLEST_SUBNORMAL)
    return np.maximum(value, np.maximum(np.abs(real), np.abs(imag)))


def _modulus(real: np.ndarray, imag: np.ndarray, factor: float, absolute: float) -> np.ndarray:
    """big * sqrt(1 + (small/big)^2), computed with at most five roundings, times `factor` plus `absolute`."""
    x, y = np.abs(real), np.abs(imag)
    big, small = np.maximum(x, y), np.minimum(x, y)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        ratio = small / big
        value = big * np.sqrt(1.0 + ratio * ratio)
        bound = value * factor + absolute
    if factor < 1:
        bound = np.where(np.isfinite(value), bound, big)
    return np.asarray(np.where((small == 0) | np.isinf(big), big, bound))


def finite_complex(value: Any, name: str) -> np.ndarray:
    """`value` as a finite complex128 array, exactly; raises `InputError` otherwise."""
    array = plain_array(value, name)
    if array.dtype == object:
        real, imag = (np.frompyfunc(lambda x, part=part: getattr(x, part, x), 1, 1)(array) for part in ("real", "imag"))
        return finite_array(real, name) + 1j * finite_array(imag, name)
    if array.dtype.kind != "c":
        return finite_array(array, name).astype(np.complex128)
    if not np.isfinite(array).all():
        position = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InputError(f"{name} holds {array[position]} at index {position}; every entry must be finite")
    if array.dtype.itemsize > 16:
        raise InputError(f"{name} has dtype {array.dtype}, which complex128 cannot hold exactly; convert it first")
    return array.astype(np.complex128)
