"""Matrix routines against exact rationals and Arb at high precision, on adversarial and interval matrices."""

import math
from typing import Any

import exact_spectra as truth
import matrix_families as families
import numpy as np
from elementary_rows import members
from flint import acb, arb, arb_mat, ctx, fmpq, fmpq_mat
from row import Outcome, Row
from scipy.sparse import csr_array, diags_array, eye_array, kron

from certify import linear_algebra as verified
from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.linear_algebra.laplacian import algebraic_connectivity
from certify.linear_algebra.sparse_symmetric import sparse_extreme_eigenvalues
from certify.verdict import Verdict

Arguments = tuple[Any, ...]


def _symmetric_ball(rng: np.random.Generator) -> tuple[Ball]:
    return (families.around(rng, families.symmetric(rng), symmetric_radii=True),)


def _square_ball(rng: np.random.Generator) -> tuple[Ball]:
    return (families.around(rng, families.general(rng)),)


def _rectangular_ball(rng: np.random.Generator) -> tuple[Ball]:
    a = families.rectangular(rng)
    return (families.around(rng, a if rng.random() < 0.5 else np.ascontiguousarray(a.T)),)


def _wide_ball(rng: np.random.Generator) -> tuple[Ball]:
    return (families.around(rng, families.rectangular(rng)),)


def _relative(width: float, size: float) -> float:
    return width / size if size > 0 and math.isfinite(width) else (0.0 if width == 0 else math.inf)


def _grid(rng: np.random.Generator) -> tuple[Any]:
    """The Laplacian of a grid of rows x columns, beyond the size up to which sparse matrices are made dense."""
    rows, columns = int(rng.integers(1, 30)), int(rng.integers(15, 40))
    columns = max(columns, 401 // rows + 1)
    path = [_path(n) for n in (rows, columns)]
    return (csr_array(kron(path[0], eye_array(columns)) + kron(eye_array(rows), path[1])), rows, columns)


def _path(n: int) -> Any:
    degrees = np.full(n, 2.0)
    degrees[0] = degrees[-1] = 1.0
    return diags_array([degrees, -np.ones(n - 1), -np.ones(n - 1)], offsets=[0, 1, -1]) if n > 1 else csr_array((1, 1))


def _grid_eigenvalues(rows: int, columns: int) -> tuple[arb, arb]:
    """The second smallest and the largest: sums of 2 - 2 cos(k pi / n) [Fiedler 1973; products of paths]."""
    first, second = (2 - 2 * (arb.pi() / n).cos() for n in (max(rows, 2), columns))
    largest = sum((2 - 2 * (arb.pi() * (n - 1) / n).cos() for n in (rows, columns)), arb(0))
    return (second if rows == 1 or second < first else first), largest


def _lies_in(value: arb, enclosure: Enclosure) -> bool:
    below = math.isfinite(enclosure.lower) and value < arb(enclosure.lower)
    return not below and not (math.isfinite(enclosure.upper) and value > arb(enclosure.upper))


def _sparse_extremes_oracle(_: np.random.Generator, arguments: Arguments, result: Any) -> Outcome:
    outcome = Outcome()
    with ctx.workprec(200):
        largest = _grid_eigenvalues(*arguments[1:])[1]
        outcome.demand(_lies_in(arb(0), result[0]), lambda: f"0 is outside {result[0]!r}, grid {arguments[1:]}")
        outcome.demand(
            _lies_in(largest, result[1]), lambda: f"{largest} is outside {result[1]!r}, grid {arguments[1:]}"
        )
    _record(outcome, result[1])
    return outcome


def _connectivity_oracle(_: np.random.Generator, arguments: Arguments, result: Enclosure) -> Outcome:
    outcome = Outcome()
    with ctx.workprec(200):
        second = _grid_eigenvalues(*arguments[1:])[0]
        outcome.demand(_lies_in(second, result), lambda: f"{second} is outside {result!r}, grid {arguments[1:]}")
    _record(outcome, result)
    return outcome


def _record(outcome: Outcome, enclosure: Enclosure) -> None:
    outcome.width(_relative(enclosure.width, max(abs(enclosure.lower), abs(enclosure.upper))))


def _index_holds(exact: fmpq_mat, index: int, lower: float, upper: float) -> bool:
    """Whether the index-th smallest eigenvalue lies between the bounds."""
    fits_below = math.isinf(lower) or truth.count_below(exact, truth.rational(lower)) <= index
    size = exact.nrows()
    return fits_below and (math.isinf(upper) or truth.count_above(exact, truth.rational(upper)) <= size - 1 - index)


def _symmetric_oracle(rng: np.random.Generator, arguments: Arguments, result: Any) -> Outcome:
    outcome = Outcome()
    for _ in range(2):
        point = truth.member(rng, arguments[0], symmetric=True)
        exact = truth.rational_matrix(point)
        for i in range(len(result)):
            outcome.demand(
                _index_holds(exact, i, float(result.lower[i]), float(result.upper[i])),
                lambda i=i, point=point: f"eigenvalue {i} of {point.tolist()} is outside {result[i]!r}",  # type: ignore[misc]
            )
    if arguments[0].is_exact:
        outcome.width(_relative(result.width, float(np.max(np.abs([result.lower, result.upper])))))
    return outcome


def _extremes_oracle(rng: np.random.Generator, arguments: Arguments, result: Any) -> Outcome:
    outcome = Outcome()
    point = truth.member(rng, arguments[0], symmetric=True)
    exact = truth.rational_matrix(point)
    for index, side in ((0, result[0]), (len(point) - 1, result[1])):
        outcome.demand(
            _index_holds(exact, index, side.lower, side.upper),
            lambda index=index, side=side: f"eigenvalue {index} of {point.tolist()} is outside {side!r}",  # type: ignore[misc]
        )
        if arguments[0].is_exact:
            _record(outcome, side)
    return outcome


def _definite_oracle(rng: np.random.Generator, arguments: Arguments, result: Verdict) -> Outcome:
    outcome = Outcome()
    point = truth.member(rng, arguments[0], symmetric=True)
    positive = truth.count_above(truth.rational_matrix(point), fmpq(0)) == len(point)
    expected = {Verdict.PROVED: True, Verdict.REFUTED: False}.get(result, positive)
    outcome.demand(positive == expected, lambda: f"{point.tolist()} is {'' if positive else 'not '}definite: {result}")
    outcome.width(1.0 if result is Verdict.UNDECIDED else 0.0)
    return outcome


def _pencil(rng: np.random.Generator) -> tuple[Ball, Ball]:
    a = families.symmetric(rng, 6)
    p = families.definite(rng, len(a))
    scale = np.abs(a).max()
    return families.around(rng, a if 1e-100 < scale < 1e100 else np.eye(len(a)), symmetric_radii=True), Ball.exact(p)


def _pencil_index_holds(a: fmpq_mat, p: fmpq_mat, index: int, lower: float, upper: float) -> bool:
    size = a.nrows()
    below = math.isinf(lower) or truth.count_below(a - p * truth.rational(lower), fmpq(0)) <= index
    above = math.isinf(upper) or truth.count_above(a - p * truth.rational(upper), fmpq(0)) <= size - 1 - index
    return below and above


def _pencil_oracle(rng: np.random.Generator, arguments: Arguments, result: Any) -> Outcome:
    outcome = Outcome()
    a = truth.rational_matrix(truth.member(rng, arguments[0], symmetric=True))
    p = truth.rational_matrix(arguments[1].mid)
    sides = result if isinstance(result, tuple) else [result[i] for i in range(len(result))]
    indices = (0, a.nrows() - 1) if isinstance(result, tuple) else range(len(result))
    for index, side in zip(indices, sides, strict=True):
        outcome.demand(
            _pencil_index_holds(a, p, index, side.lower, side.upper),
            lambda index=index, side=side: f"eigenvalue {index} of the pencil {arguments} is outside {side!r}",  # type: ignore[misc]
        )
        _record(outcome, side)
    return outcome


def _discs_hold(outcome: Outcome, roots: list[tuple[acb, int]], discs: Any, words: str) -> None:
    """Every root in a disc, every disc with as many roots as it claims, moduli and real parts between their bounds."""
    found = np.zeros(len(discs), int)
    for root, multiplicity in roots:
        inside = [k for k in range(len(discs)) if not abs(root - acb(complex(discs.centers[k]))) > arb(discs.radii[k])]
        outcome.demand(bool(inside), lambda root=root: f"the eigenvalue {root} of {words} is in no disc")  # type: ignore[misc]
        if len(inside) != 1:
            continue
        k = inside[0]
        found[k] += multiplicity
        low, high = discs.moduli[k].tolist()
        holds = not (abs(root) < arb(low) or (math.isfinite(high) and abs(root) > arb(high)))
        low, high = discs.real_parts[k].tolist()
        holds &= math.isinf(low) or not root.real < arb(low)
        holds &= math.isinf(high) or not root.real > arb(high)
        holds &= not discs.is_real[k] or not (root.imag > 0 or root.imag < 0)
        outcome.demand(holds, lambda root=root: f"bounds of modulus, real part or realness of {root} of {words} fail")  # type: ignore[misc]
    outcome.demand(
        bool(np.array_equal(found, discs.counts)), lambda: f"the counts {discs.counts} of {words} are {found}"
    )


def _eigenvalue_oracle(rng: np.random.Generator, arguments: Arguments, result: Any) -> Outcome:
    outcome = Outcome()
    point = truth.member(rng, arguments[0])
    with ctx.workprec(300):
        _discs_hold(outcome, truth.roots_of(truth.rational_matrix(point)), result, f"{point.tolist()}")
    if arguments[0].is_exact:
        outcome.width(_relative(float(result.radii.max()), float(np.abs(result.centers).max())))
    return outcome


class _KnownSpectrum:
    """Matrices whose eigenvalues are known by construction, up to 40 x 40 with long Jordan chains."""

    def __init__(self) -> None:
        self.values: list[tuple[int, int]] = []

    def generate(self, rng: np.random.Generator) -> tuple[np.ndarray]:
        matrix, self.values = families.with_known_spectrum(rng)
        return (matrix,)

    def discs(self, _: np.random.Generator, arguments: Arguments, result: Any) -> Outcome:
        outcome = Outcome()
        _discs_hold(outcome, [(acb(v), count) for v, count in self.values], result, f"{arguments[0].tolist()}")
        outcome.width(float(result.radii.max()))
        return outcome

    def radius(self, _: np.random.Generator, arguments: Arguments, result: Enclosure) -> Outcome:
        outcome = Outcome()
        exact = max(abs(v) for v, _count in self.values)
        outcome.demand(result.contains(exact), lambda: f"{exact} is outside {result!r}: {arguments[0].tolist()}")
        _record(outcome, result)
        return outcome


def _radius_oracle(rng: np.random.Generator, arguments: Arguments, result: Enclosure) -> Outcome:
    outcome = Outcome()
    point = truth.member(rng, arguments[0])
    with ctx.workprec(300):
        moduli = [abs(root) for root, _ in truth.roots_of(truth.rational_matrix(point))]
        low_holds = any(not m < arb(result.lower) for m in moduli)
        high_holds = math.isinf(result.upper) or all(not m > arb(result.upper) for m in moduli)
    outcome.demand(low_holds and high_holds, lambda: f"spectral radius of {point.tolist()} is outside {result!r}")
    if arguments[0].is_exact:
        _record(outcome, result)
    return outcome


def _gram(point: np.ndarray) -> fmpq_mat:
    a = truth.rational_matrix(point if point.shape[0] <= point.shape[1] else point.T)
    return a * a.transpose()


def _squared_index_holds(gram: fmpq_mat, index: int, lower: float, upper: float) -> bool:
    size = gram.nrows()
    low = lower <= 0 or truth.count_below(gram, truth.rational(lower) ** 2) <= index
    return low and (math.isinf(upper) or truth.count_above(gram, truth.rational(upper) ** 2) <= size - 1 - index)


def _norm_oracle(rng: np.random.Generator, arguments: Arguments, result: Enclosure) -> Outcome:
    outcome = Outcome()
    point = truth.member(rng, arguments[0])
    gram = _gram(point)
    outcome.demand(
        _squared_index_holds(gram, gram.nrows() - 1, result.lower, result.upper),
        lambda: f"the norm of {point.tolist()} is outside {result!r}",
    )
    if arguments[0].is_exact:
        _record(outcome, result)
    return outcome


def _singular_oracle(rng: np.random.Generator, arguments: Arguments, result: Any) -> Outcome:
    outcome = Outcome()
    point = truth.member(rng, arguments[0])
    gram = _gram(point)
    size = gram.nrows()
    for i in range(size):
        outcome.demand(
            _squared_index_holds(gram, size - 1 - i, float(result.lower[i]), float(result.upper[i])),
            lambda i=i: f"singular value {i} of {point.tolist()} is outside {result[i]!r}",  # type: ignore[misc]
        )
    if arguments[0].is_exact:
        outcome.width(_relative(float((result.upper - result.lower).max()), float(result.upper.max())))
    return outcome


def _bound_oracle(exact: str) -> Any:
    """Upper bounds of norms: of the ball's worst member, which has the largest moduli."""

    def oracle(rng: np.random.Generator, arguments: Arguments, result: float) -> Outcome:
        outcome = Outcome()
        point = truth.member(rng, arguments[0])
        size = [[abs(truth.rational(v)) for v in row] for row in point.tolist()]
        if exact == "two":
            holds = math.isinf(result) or truth.count_above(_gram(point), truth.rational(result) ** 2) == 0
        elif exact == "frobenius":
            holds = math.isinf(result) or sum(v * v for row in size for v in row) <= truth.rational(result) ** 2
        else:
            rows = size if exact == "infinity" else list(zip(*size, strict=True))
            holds = math.isinf(result) or max(sum(row, fmpq(0)) for row in rows) <= truth.rational(result)
        outcome.demand(holds, lambda: f"the {exact} norm of {point.tolist()} exceeds {result!r}")
        return outcome

    return oracle


def _solve_arguments(rng: np.random.Generator) -> tuple[Ball, Ball]:
    a = families.general(rng)
    b = rng.normal(size=(len(a), 2)) * (np.abs(a).max() if rng.random() < 0.3 else 1.0)
    return families.around(rng, a), families.around(rng, b)


def _entries_hold(outcome: Outcome, exact: fmpq_mat, result: Ball, words: str) -> None:
    for (i, j), mid in np.ndenumerate(result.mid):
        rad = float(result.rad[i, j])
        holds = math.isinf(rad) or abs(exact[i, j] - truth.rational(float(mid))) <= truth.rational(rad)
        outcome.demand(holds, lambda i=i, j=j: f"entry ({i}, {j}) of {words} is outside")  # type: ignore[misc]
    outcome.width(_relative(float(result.rad.max()), float(np.abs(result.mid).max())))


def _singular_is_unbounded(outcome: Outcome, result: Ball, point: np.ndarray) -> None:
    outcome.demand(bool(np.isinf(result.rad).any()), lambda: f"a bounded result for the singular {point.tolist()}")


def _solve_oracle(rng: np.random.Generator, arguments: Arguments, result: Ball) -> Outcome:
    outcome = Outcome()
    a, b = (truth.member(rng, x) for x in arguments)
    exact = truth.rational_matrix(a)
    if exact.det() == 0:
        _singular_is_unbounded(outcome, result, a)
        return outcome
    _entries_hold(outcome, exact.solve(truth.rational_matrix(b)), result, f"the solution of {a.tolist()}, {b.tolist()}")
    return outcome


def _inverse_oracle(rng: np.random.Generator, arguments: Arguments, result: Ball) -> Outcome:
    outcome = Outcome()
    a = truth.member(rng, arguments[0])
    exact = truth.rational_matrix(a)
    if exact.det() == 0:
        _singular_is_unbounded(outcome, result, a)
        return outcome
    _entries_hold(outcome, exact.inv(), result, f"the inverse of {a.tolist()}")
    return outcome


def _nonsingular_oracle(rng: np.random.Generator, arguments: Arguments, result: Verdict) -> Outcome:
    outcome = Outcome()
    a = truth.member(rng, arguments[0])
    regular = truth.rational_matrix(a).det() != 0
    expected = {Verdict.PROVED: True, Verdict.REFUTED: False}.get(result, regular)
    outcome.demand(regular == expected, lambda: f"{a.tolist()} is {'' if regular else 'not '}regular: {result}")
    outcome.width(1.0 if result is Verdict.UNDECIDED else 0.0)
    return outcome


def _determinant_oracle(rng: np.random.Generator, arguments: Arguments, result: Enclosure) -> Outcome:
    outcome = Outcome()
    a = truth.member(rng, arguments[0])
    exact = truth.rational_matrix(a).det()
    low = math.isinf(result.lower) or truth.rational(result.lower) <= exact
    high = math.isinf(result.upper) or exact <= truth.rational(result.upper)
    outcome.demand(low and high, lambda: f"the determinant of {a.tolist()} is outside {result!r}")
    if arguments[0].is_exact:
        _record(outcome, result)
    return outcome


def _log_determinant_oracle(
    rng: np.random.Generator, arguments: Arguments, result: tuple[int | None, Enclosure]
) -> Outcome:
    outcome = Outcome()
    a = truth.member(rng, arguments[0])
    exact = truth.rational_matrix(a).det()
    sign, enclosure = result
    actual = 0 if exact == 0 else 1 if exact > 0 else -1
    outcome.demand(sign in (None, actual), lambda: f"the determinant of {a.tolist()} has sign {actual}, not {sign}")
    if actual == 0:
        outcome.demand(enclosure.lower == -math.inf, lambda: f"log |det| of the singular {a.tolist()} is bounded below")
        return outcome
    with ctx.workprec(300):
        value = arb(abs(exact)).log()
        low = math.isinf(enclosure.lower) or not value < arb(enclosure.lower)
        high = math.isinf(enclosure.upper) or not value > arb(enclosure.upper)
    outcome.demand(low and high, lambda: f"log |det| of {a.tolist()} is outside {enclosure!r}")
    return outcome


def _exponential_arguments(rng: np.random.Generator) -> tuple[Ball]:
    a = families.general(rng, 7)
    scale = np.abs(a).max()
    a = a if scale < 30 else a / scale * rng.uniform(0, 30)
    return (families.around(rng, a),)


def _exponential_oracle(rng: np.random.Generator, arguments: Arguments, result: Ball) -> Outcome:
    outcome = Outcome()
    a = truth.member(rng, arguments[0])
    with ctx.workprec(800):
        exact = arb_mat(len(a), len(a), [arb(v) for v in a.ravel().tolist()]).exp()
        for (i, j), mid in np.ndenumerate(result.mid):
            rad = float(result.rad[i, j])
            low, high = arb(float(mid)) - arb(rad), arb(float(mid)) + arb(rad)
            holds = math.isinf(rad) or not (exact[i, j] < low or exact[i, j] > high)
            outcome.demand(holds, lambda i=i, j=j: f"entry ({i}, {j}) of exp {a.tolist()} is outside")  # type: ignore[misc]
    if arguments[0].is_exact:
        outcome.width(_relative(float(result.rad.max()), float(np.abs(result.mid).max())))
    return outcome


def _basis_oracle(null: bool) -> Any:
    """The basis W (W^T W)^(-1/2) of the documented W, at high precision."""

    def oracle(rng: np.random.Generator, arguments: Arguments, result: Any) -> Outcome:
        outcome = Outcome()
        j = truth.member(rng, arguments[0])
        exact = truth.rational_matrix(j)
        if result.full_rank is not Verdict.PROVED:
            outcome.demand(bool(np.isinf(result.vectors.rad).all()), lambda: "a bounded basis of unproved rank")
            return outcome
        outcome.demand(exact.rank() == len(j), lambda: f"{j.tolist()} has not full rank")
        with ctx.workprec(500):
            basis = _polar_basis(exact, truth.rational_matrix(result.reference), null)
            for (i, k), mid in np.ndenumerate(result.vectors.mid):
                rad = float(result.vectors.rad[i, k])
                outside = abs(basis[i, k] - arb(float(mid))) > arb(rad)
                outcome.demand(math.isinf(rad) or not outside, lambda: f"the basis of {j.tolist()} is outside")
        outcome.width(float(result.vectors.rad.max(initial=0.0)))
        return outcome

    return oracle


def _polar_basis(j: fmpq_mat, reference: fmpq_mat, null: bool) -> arb_mat:
    """W (W^T W)^(-1/2) by the binomial series around the identity; its 60th term is far below 2^-500."""
    if null and reference.ncols() == 0:
        return arb_mat(reference.nrows(), 0)
    w = j.transpose() * (((j * j.transpose()).inv() * (j * reference)) if null else reference)
    w = reference - w if null else w
    size = w.ncols()
    identity = arb_mat(size, size, [arb(int(i == k)) for i in range(size) for k in range(size)])
    w_arb = arb_mat(w.nrows(), size, [arb(v) for v in w.entries()])
    excess = w_arb.transpose() * w_arb - identity
    total, power, factor = identity, identity, arb(1)
    for n in range(1, 60):
        power = power * excess
        factor = factor * (arb(1) / 2 - n) / n
        total = total + power * factor
    return w_arb * total


_SPECTRUM = _KnownSpectrum()

ROWS: list[Row] = [
    Row("symmetric_eigenvalues", verified.symmetric_eigenvalues, _symmetric_ball, _symmetric_oracle),
    Row("extreme_eigenvalues", verified.extreme_eigenvalues, _symmetric_ball, _extremes_oracle),
    Row("is_positive_definite", verified.is_positive_definite, _symmetric_ball, _definite_oracle),
    Row("pencil_eigenvalues", verified.pencil_eigenvalues, _pencil, _pencil_oracle),
    Row("extreme_pencil_eigenvalues", verified.extreme_pencil_eigenvalues, _pencil, _pencil_oracle),
    Row("eigenvalues", verified.eigenvalues, _square_ball, _eigenvalue_oracle),
    Row("eigenvalues, defective to 40 x 40", verified.eigenvalues, _SPECTRUM.generate, _SPECTRUM.discs),
    Row("gershgorin_discs", verified.gershgorin_discs, _square_ball, _eigenvalue_oracle),
    Row("spectral_radius", verified.spectral_radius, _square_ball, _radius_oracle),
    Row("spectral_radius, defective to 40 x 40", verified.spectral_radius, _SPECTRUM.generate, _SPECTRUM.radius),
    Row("spectral_norm", verified.spectral_norm, _rectangular_ball, _norm_oracle),
    Row("singular_values", verified.singular_values, _rectangular_ball, _singular_oracle),
    Row("two_norm_bound", verified.two_norm_bound, _rectangular_ball, _bound_oracle("two")),
    Row("one_norm_bound", verified.one_norm_bound, _rectangular_ball, _bound_oracle("one")),
    Row("infinity_norm_bound", verified.infinity_norm_bound, _rectangular_ball, _bound_oracle("infinity")),
    Row("frobenius_norm_bound", verified.frobenius_norm_bound, _rectangular_ball, _bound_oracle("frobenius")),
    Row("solve", verified.solve, _solve_arguments, _solve_oracle),
    Row("inverse", verified.inverse, _square_ball, _inverse_oracle),
    Row("is_nonsingular", verified.is_nonsingular, _square_ball, _nonsingular_oracle),
    Row("determinant", verified.determinant, _square_ball, _determinant_oracle),
    Row("log_determinant", verified.log_determinant, _square_ball, _log_determinant_oracle),
    Row("matrix_exponential", verified.matrix_exponential, _exponential_arguments, _exponential_oracle),
    Row("sparse_extreme_eigenvalues", lambda a, *_: sparse_extreme_eigenvalues(a), _grid, _sparse_extremes_oracle),
    Row("algebraic_connectivity", lambda a, *_: algebraic_connectivity(a), _grid, _connectivity_oracle),
    Row("orthonormal_normal_basis", verified.orthonormal_normal_basis, _wide_ball, _basis_oracle(null=False)),
    Row("null_space", verified.null_space, _wide_ball, _basis_oracle(null=True)),
]
__all__ = ["ROWS", "members"]
