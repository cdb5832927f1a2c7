"""The mean-square growth of an SGD family as an estimate, by power iteration on symmetric matrices."""

from typing import NamedTuple, TypeAlias

import numpy as np
import scipy.linalg
import scipy.sparse.linalg

from certify.lyapunov.families.sgd_family import SGDFamily
from certify.lyapunov.sgd.sgd_moment import BatchWeights, uniform_weights
from certify.lyapunov.time_limit import check_time

Direction: TypeAlias = tuple[np.ndarray, np.ndarray]


class Pair(NamedTuple):
    """An estimate: T(form) = radius * form nearly, and dual = K form K."""

    radius: float
    form: np.ndarray
    dual: np.ndarray


class MomentSolver:
    """Estimates of the Perron pair of T for one Gram matrix and changing weights.

    In the inner product tr(K X K Y) the map T is symmetric. With eigenvectors D^(1/2) K D^(1/2) = U diag(k) U^T and
    F = D^(-1/2) U diag(k)^(1/2), so that F F^T = K, and Z = F^(-1) K X K F^(-T) it reads
       (T - s) Z = -c (k_a + k_b) Z_ab + c^2 F^T (W o (F Z F^T)) F,
    whose largest eigenvalue is found by the locally optimal preconditioned conjugate gradient method
    [Knyazev, SIAM J. Sci. Comput. 23 (2001)]; the drift is diagonal and serves as the preconditioner.
    """

    def __init__(self, family: SGDFamily) -> None:
        self.gram = (family.gram.mid + family.gram.mid.T) / 2
        self.step = float(family.step.mid)
        self.dual: np.ndarray | None = None

    def solve(self, weights: BatchWeights, tolerance: float = 1e-9, steps: int = 300) -> Pair:
        """The Perron pair, to about the relative `tolerance` in T - s."""
        drift = self._prepare(weights)
        z = self._to_inner(self.gram)
        z = z / np.linalg.norm(z)
        if self.dual is not None:
            # an old eigenvector alone could hide a new leading one that it is nearly orthogonal to
            warm = self._to_inner(self.dual)
            z = warm / np.linalg.norm(warm) + 0.05 * z
            z = z / np.linalg.norm(z)
        gz, previous = self._apply(z, drift), None
        gamma, unit = float((z * gz).sum()), self.step * float(self.values.mean())
        for _ in range(steps):
            check_time()
            residual = gz - gamma * z
            if np.linalg.norm(residual) <= tolerance * unit:
                break
            h = residual / (max(gamma, 0.0) + 1e-3 * unit + drift)
            h = h / max(float(np.linalg.norm(h)), 1e-300)
            gamma, (z, gz), previous = _ritz_step((z, gz), (h, self._apply(h, drift)), previous)
        form = _symmetric_part(self.back @ z @ self.back.T)
        scale = np.copysign(np.abs(form).max(), np.trace(form))
        self.dual = _symmetric_part(self.factor @ z @ self.factor.T) / scale
        return Pair(float(weights.total.mid) + gamma, form / scale, self.dual)

    def subinvariant(self, weights: BatchWeights, pair: Pair) -> Pair:
        """A pair with T(form) < radius * form, radius barely above the eigenvalue, up to rounding.

        X = L_gamma^(-1) (c^2 N) with L_gamma(X) = gamma X + c (D K X + X K D) has
        gamma X + s X - T(X) = c^2 (N - W o (K X K)), and gamma is raised until the noise N = W o (dual) exceeds
        W o (K X K).
        """
        noise = self.pairs * pair.dual
        gamma, unit = pair.radius - float(weights.total.mid), self.step * float(self.values.mean())
        slack = 1e-9
        for _ in range(24):
            inner = self._invert(noise, gamma + slack * unit)
            if _dominates(noise, self.pairs * _symmetric_part(self.factor @ inner @ self.factor.T)):
                gamma += slack * unit
                break
            slack *= 4
        form = _symmetric_part(self.back @ inner @ self.back.T)
        return Pair(float(weights.total.mid) + gamma, form / np.abs(form).max(), pair.dual)

    def decaying(self, weights: BatchWeights, pair: Pair) -> np.ndarray:
        """X with c (D K X + X K D) = c^2 W o (dual of the pair), for uniform weights below the threshold (estimate)."""
        form = _symmetric_part(self.back @ self._invert(self.pairs * pair.dual, 0.0) @ self.back.T)
        return np.asarray(form / np.abs(form).max())

    def _prepare(self, weights: BatchWeights) -> np.ndarray:
        root = np.sqrt(weights.single.mid)
        values, vectors = np.linalg.eigh(root[:, None] * self.gram * root[None, :])
        self.values = np.maximum(values, values[-1] * 1e-14)
        half = np.sqrt(self.values)
        self.factor = (vectors / root[:, None]) * half  # F
        self.back = (root[:, None] * vectors) / half  # F^(-T)
        self.pairs = weights.pairs.mid
        self.diagonal = np.diagonal(self.pairs) if np.count_nonzero(self.pairs) == len(self.pairs) else None
        return self.step * (self.values[:, None] + self.values[None, :])

    def _to_inner(self, dual: np.ndarray) -> np.ndarray:
        return _symmetric_part(self.back.T @ dual @ self.back)

    def _apply(self, z: np.ndarray, drift: np.ndarray) -> np.ndarray:
        return self.step**2 * self._noise_of(z) - drift * z

    def _noise_of(self, z: np.ndarray) -> np.ndarray:
        """F^T (W o (F Z F^T)) F: two products when W is diagonal, else four."""
        left = self.factor @ z
        if self.diagonal is not None:
            values = self.diagonal * (left * self.factor).sum(axis=1)
            return np.asarray((self.factor * values[:, None]).T @ self.factor)
        return np.asarray(self.factor.T @ (self.pairs * (left @ self.factor.T)) @ self.factor)

    def _invert(self, noise: np.ndarray, gamma: float) -> np.ndarray:
        """L_gamma^(-1) (c^2 N) in the coordinates Z."""
        if self.diagonal is not None:
            rotated = (self.factor * np.diagonal(noise)[:, None]).T @ self.factor
        else:
            rotated = self.factor.T @ noise @ self.factor
        return np.asarray(self.step**2 * rotated / (gamma + self.step * (self.values[:, None] + self.values[None, :])))


def mean_square_threshold(family: SGDFamily, tolerance: float = 1e-9) -> float:
    """An estimate of the learning rate at which the second moment stops decaying; 0 for a singular K.

    T(X) = X is (B/N) (K X + X K) = c W o (K X K), c = eta/B. With X = K^(-1/2) Z K^(-1/2) it is S D S Z' = Z'/c for the
    entrywise multiplication S by sqrt(k_i k_j / ((B/N) (k_i + k_j))) in the eigenvectors of K and D by W: 1/c is the
    largest eigenvalue of a symmetric operator, which Lanczos' method finds.
    """
    gram = (family.gram.mid + family.gram.mid.T) / 2
    weights, size = uniform_weights(family), len(gram)
    values, vectors = np.linalg.eigh(gram)
    if values[0] <= 0:
        return 0.0
    sums = float(weights.single.mid[0]) * (values[:, None] + values[None, :])
    scale, pairs = np.sqrt(np.outer(values, values) / sums), weights.pairs.mid

    def image(flat: np.ndarray) -> np.ndarray:
        inner = pairs * (vectors @ (scale * flat.reshape(size, size)) @ vectors.T)
        return np.asarray((scale * (vectors.T @ inner @ vectors)).ravel())

    if size <= 2:
        full = np.column_stack([image(unit) for unit in np.eye(size * size)])
        return family.batch_size / float(np.linalg.eigvalsh((full + full.T) / 2)[-1])
    operator = scipy.sparse.linalg.LinearOperator((size**2, size**2), matvec=image, dtype=np.float64)
    start = np.eye(size).ravel()
    found = scipy.sparse.linalg.eigsh(operator, k=1, which="LA", v0=start, tol=tolerance, return_eigenvectors=False)
    return family.batch_size / float(found[0])


def _ritz_step(current: Direction, search: Direction, previous: Direction | None) -> tuple[float, Direction, Direction]:
    """The best vector in span(current, search, previous), its image, and the new previous direction with its image."""
    pairs = [current, search] if previous is None else [current, search, previous]
    gram = np.array([[(a[0] * b[0]).sum() for b in pairs] for a in pairs])
    image = np.array([[(a[0] * b[1]).sum() for b in pairs] for a in pairs])
    norms = np.sqrt(np.diagonal(gram))
    gram, image = gram / np.outer(norms, norms), (image + image.T) / (2 * np.outer(norms, norms))
    values, vectors = scipy.linalg.eigh(image, gram + 1e-15 * np.eye(len(pairs)))
    weights = vectors[:, -1] / norms
    p = sum(w * pair[0] for w, pair in zip(weights[1:], pairs[1:], strict=True))
    gp = sum(w * pair[1] for w, pair in zip(weights[1:], pairs[1:], strict=True))
    z, gz = weights[0] * current[0] + p, weights[0] * current[1] + gp
    size = np.linalg.norm(z)
    return float(values[-1]), (z / size, gz / size), (p / size, gp / size)


def _dominates(noise: np.ndarray, image: np.ndarray) -> bool:
    """Whether noise - image is positive definite, by an estimate."""
    difference = noise - image
    if np.count_nonzero(noise) == len(noise):
        return bool((np.diagonal(difference) > 0).all())
    try:
        np.linalg.cholesky(difference)
    except np.linalg.LinAlgError:
        return False
    return True


def _symmetric_part(x: np.ndarray) -> np.ndarray:
    return np.asarray((x + x.T) / 2)
