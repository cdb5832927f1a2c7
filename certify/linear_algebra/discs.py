"""Counted discs in the complex plane: what is proved about the eigenvalues of a general matrix."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF, inflate
from certify.digits import at_most
from certify.enclosure import Enclosure
from certify.linear_algebra.complex_ball import modulus_lower, modulus_upper
from foundation import Shown, Summary, more


@final
@dataclass(frozen=True, eq=False, repr=False)
class Eigenvalues(Shown):
    """Disjoint closed discs that hold all n eigenvalues of every matrix in question.

    Disc k, of `centers[k]` (complex) and `radii[k]`, holds exactly `counts[k]` eigenvalues, counted with their
    algebraic multiplicity; sum(counts) = n. `is_real[k]` is True when they are proved to be real. `moduli` and
    `real_parts` (m, 2) bound |lambda| and Re lambda for the eigenvalues in each disc, at least as sharply as the disc
    does. The discs are sorted by falling modulus of their centers. An infinite radius means that only n is known.
    """

    centers: np.ndarray
    radii: np.ndarray
    counts: np.ndarray
    is_real: np.ndarray
    moduli: np.ndarray
    real_parts: np.ndarray

    def __len__(self) -> int:
        return len(self.centers)

    def _summary(self) -> Summary:
        discs = (
            f"{count} near {_complex(center)} (radius {at_most(float(radius))})"
            for center, radius, count in zip(self.centers, self.radii, self.counts, strict=True)
        )
        real = int(self.counts[self.is_real].sum())
        rows = [
            ("spectral radius", str(self.spectral_radius)),
            ("spectral abscissa", str(self.spectral_abscissa)),
            ("proved to be real", f"{real} of {self.dimension}"),
            ("discs", more(discs, 6, len(self))),
        ]
        return Summary(f"{self.dimension} eigenvalues in {len(self)} disjoint discs, proved", "", tuple(rows))

    @property
    def dimension(self) -> int:
        """n, the number of eigenvalues with multiplicity."""
        return int(self.counts.sum())

    @property
    def spectral_radius(self) -> Enclosure:
        """max |lambda|."""
        return Enclosure(*(float(bound) for bound in self.moduli.max(axis=0)))

    @property
    def spectral_abscissa(self) -> Enclosure:
        """max Re lambda."""
        return Enclosure(*(float(bound) for bound in self.real_parts.max(axis=0)))

    def count_by_real_part(self, threshold: float = 0.0) -> tuple[int, int, int]:
        """How many eigenvalues have Re lambda proved < threshold, proved > threshold, and neither."""
        return self._split(self.real_parts, threshold)

    def count_by_modulus(self, threshold: float = 1.0) -> tuple[int, int, int]:
        """How many eigenvalues have |lambda| proved < threshold, proved > threshold, and neither."""
        return self._split(self.moduli, threshold)

    def _split(self, bounds: np.ndarray, threshold: float) -> tuple[int, int, int]:
        below = int(self.counts[bounds[:, 1] < threshold].sum())
        above = int(self.counts[bounds[:, 0] > threshold].sum())
        return below, above, self.dimension - below - above


def _complex(number: complex) -> str:
    imaginary = f"{number.imag:+.6g}i" if number.imag else ""
    return f"{number.real:.6g}{imaginary}"


def disc_bounds(centers: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(moduli, real parts), each (m, 2): lower and upper bounds over each disc."""
    real, imag = centers.real, centers.imag
    lower = np.maximum(_below(modulus_lower(real, imag), radii), 0.0)
    upper = -_below(-modulus_upper(real, imag), radii)
    return np.stack([lower, upper], 1), np.stack([_below(real, radii), -_below(-real, radii)], 1)


def merged(
    centers: np.ndarray,
    radii: np.ndarray,
    counts: np.ndarray,
    real_matrix: bool,
    bounds: tuple[np.ndarray, np.ndarray] | None = None,
) -> Eigenvalues:
    """Discs that meet become one disc around both, with the sum of the counts, until all are disjoint.

    Sound when each connected component of the union of the given discs holds the sum of its counts. bounds:
    (moduli, real parts) of the given discs where more is known than `disc_bounds`.
    """
    moduli, real_parts = disc_bounds(centers, radii) if bounds is None else bounds
    labels = np.arange(len(centers))
    while True:
        meets = meeting(centers, radii)
        np.fill_diagonal(meets, False)
        number = len(centers)
        if not meets.any():
            break
        number, groups = connected_components(csr_matrix(meets), directed=False)
        labels = groups[labels]
        centers, radii, counts = _covering(centers, radii, counts, groups, number)
    return _sorted(
        centers, radii, counts, _hull(moduli, labels, number), _hull(real_parts, labels, number), real_matrix
    )


def component_labels(centers: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """The connected component of the union of the discs to which each disc may belong (never too many components)."""
    return np.asarray(connected_components(csr_matrix(meeting(centers, radii)), directed=False)[1])


def meeting(centers: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """(m, m) bool: False only where two discs are proved to be disjoint."""
    distance = distances(centers, centers)
    with np.errstate(invalid="ignore"):
        reach = inflate(radii[:, None] + radii[None, :], 1)
    return np.asarray(~(distance > reach))


def distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Lower bounds of |points_i - others_j|."""
    real = points.real[:, None] - others.real[None, :]
    imag = points.imag[:, None] - others.imag[None, :]
    # a difference of floats has relative error u at most, also below the normal range
    return modulus_lower(real, imag) * (1 - 4 * UNIT_ROUNDOFF)


def _covering(
    centers: np.ndarray, radii: np.ndarray, counts: np.ndarray, groups: np.ndarray, number: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    new_centers, new_radii = np.empty(number, np.complex128), np.empty(number)
    new_counts = np.bincount(groups, counts, number).astype(np.int64)
    order = np.argsort(groups, kind="stable")
    for group, members in enumerate(np.split(order, np.cumsum(np.bincount(groups, minlength=number))[:-1])):
        new_centers[group], new_radii[group] = _cover(centers[members], radii[members])
    return new_centers, new_radii, new_counts


def _cover(centers: np.ndarray, radii: np.ndarray) -> tuple[complex, float]:
    """A disc that contains all the given ones."""
    if not np.isfinite(radii).all():
        return 0j, np.inf
    if (centers == centers[0]).all():
        return complex(centers[0]), float(radii.max())
    low, high = (centers.real - radii).min(), (centers.real + radii).max()
    bottom, top = (centers.imag - radii).min(), (centers.imag + radii).max()
    middle = complex(low / 2 + high / 2, bottom / 2 + top / 2)
    offset = modulus_upper(centers.real - middle.real, centers.imag - middle.imag) * (1 + 4 * UNIT_ROUNDOFF)
    radius = float(inflate(offset + radii, 1).max()) + SMALLEST_SUBNORMAL
    return (middle, radius) if np.isfinite(radius) else (0j, np.inf)


def _hull(bounds: np.ndarray, labels: np.ndarray, number: int) -> np.ndarray:
    lower, upper = np.full(number, np.inf), np.full(number, -np.inf)
    np.minimum.at(lower, labels, bounds[:, 0])
    np.maximum.at(upper, labels, bounds[:, 1])
    return np.stack([lower, upper], 1)


def _sorted(
    centers: np.ndarray,
    radii: np.ndarray,
    counts: np.ndarray,
    moduli: np.ndarray,
    real_parts: np.ndarray,
    real_matrix: bool,
) -> Eigenvalues:
    """The disjoint discs in order; single eigenvalues of a real matrix are moved onto the real axis where they must be.

    The conjugate of an eigenvalue is one too, and lies in the reflected disc. Where that meets no other disc than
    its own, which holds a single eigenvalue, the two are the same number: a real one.
    """
    is_real = np.zeros(len(centers), bool)
    if real_matrix:
        for k in np.flatnonzero((counts == 1) & (np.abs(centers.imag) <= radii) & np.isfinite(radii)):
            others = np.delete(np.arange(len(centers)), k)
            gap = distances(centers[k : k + 1].conj(), centers[others])[0]
            is_real[k] = bool((gap > inflate(radii[k] + radii[others], 1)).all())
    # a real number in a disc around c is no farther from Re c than from c
    centers = np.where(is_real, centers.real, centers)
    order = np.lexsort((centers.imag, centers.real, -np.abs(centers)))
    return Eigenvalues(centers[order], radii[order], counts[order], is_real[order], moduli[order], real_parts[order])


def unknown(dimension: int) -> Eigenvalues:
    """One unbounded disc."""
    return merged(np.zeros(1, complex), np.array([np.inf]), np.array([dimension]), False)


def _below(value: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Lower bound of value - radius, exact where the radius is zero."""
    return np.where(radius == 0, value, np.nextafter(value - radius, -np.inf))
