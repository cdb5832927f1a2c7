"""certify_equilibrium: polish, prove, verdict."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate import EquilibriumCertificate, issue
from certify.digits import digits_apart
from certify.equilibrium import EquilibriumStatement, largest_radius, proposed_discs, require_smooth
from certify.linear_algebra import eigenvalues
from certify.neurons import Hopfield
from certify.oscillators import Kuramoto
from certify.program import UndecidedBranch
from certify.zeros import Undecided, prove_zero
from foundation import InputError
from stabproof.fields import Kind, field_program, start_point
from stabproof.generators import first_unknowns
from stabproof.neurons import certify_hopfield
from stabproof.oscillators import certify_locked_state
from stabproof.progress import ProgressOption, silent, with_progress
from stabproof.restrictions import restricted

_KINDS = ("flow", "map")
_NEWTON_STEPS = 80
# Newton may move the point this far, relative to its size: beyond, the user meant another equilibrium.
_LARGEST_STEP = 0.1


@with_progress
@np.errstate(over="ignore", invalid="ignore")  # of estimates: what overflows is refused with a sentence
def certify_equilibrium(
    field: Any,
    x: Any = None,
    kind: Kind = "flow",
    subspace: Any = None,
    symmetry: Any = None,
    *,
    variables: Any = None,
    progress: ProgressOption = None,
) -> EquilibriumCertificate:
    """Prove that an exact equilibrium of x' = f(x), or a fixed point of x -> f(x), lies near x, and its stability.

    field: a JAX function R^n -> R^n, or SymPy expressions (list or column matrix) in `variables`, whose numbers stay
    exact; without `variables` the free symbols are sorted by name (x2 before x10). x: n numbers near the equilibrium;
    Newton's method polishes them. kind: "flow" or "map".

    The certificate's `.point` is a float array, an exact equilibrium lies within `.radius` of it (Euclidean) and is the
    only one in the cube `uniqueness_radius`; `.eigenvalues` are counted discs of its linearisation; `.directions`
    counts stable, unstable and undecided ones. STABLE: all real parts are proved negative (maps: all moduli below 1),
    so it is asymptotically stable; UNSTABLE: one is proved positive (above 1); otherwise UNDECIDED with the reason,
    such as a purely imaginary pair. `stabproof.check` repeats the proof without the field.

    subspace: (n, k) columns that span the tangent directions of an invariant affine subspace through x (such as the
    simplex). Existence, uniqueness, spectrum and stability are then those of the restriction to it: eigenvalues across
    the subspace do not appear. Where columns and x are floats near simple rationals (1/3, 1) for which invariance can
    be proved from the field, those are meant; otherwise the subspace is taken as given, and its invariance is a
    hypothesis: proved, assumed, or refuted (`InputError`).

    symmetry: "rotation" (all phases shifted, direction (1, ..., 1)) or (n, s) columns u of translations with
    f(x + c u) = f(x) (a map: f(x) + c u). A relative equilibrium is proved: f(x) is a combination of the columns, the
    claims `velocity_k`; x moves along the symmetry at that constant velocity (an equilibrium when it is zero). Spectrum
    and stability are those of the quotient: eigenvalues along the symmetry do not appear, and STABLE means that the
    whole family of translates attracts. That the columns are symmetries is proved, assumed, or refuted (`InputError`).

    symmetry may also be a generator S (n, n), n > 1, or several that commute, (s, n, n), of linear symmetries
    f(exp(t S) x) = exp(t S) f(x): rotations of planes, scalings. x is looked for on a slice across its group orbit
    {exp(t S) x}, as a relative equilibrium f(x) = c_1 S_1 x + ... + c_s S_s x (a map: f(x) = exp(c_1 S_1 + ...) x) with
    velocities c. They are exactly 0, and the whole orbit consists of equilibria, where <S_k x, f(x)> = 0 is proved for
    all x (a map: and S_k skew). The s eigenvalues along the orbit do not appear.

    A `Kuramoto` network as the field (up to 1e5 oscillators and more): a phase-locked state near the phases x is proved
    modulo rotation, with its stability; without x one is searched for from equal phases. REFUTED: it is proved that no
    locked state exists at all. A `Hopfield` network as the field (up to 1e4 neurons and more): an attracting
    equilibrium that the flow reaches from x (from 0 without x) is proved stable by a matrix measure.

    Raises `InputError` on a field that is not square, an unknown kind, a bad x, no equilibrium near x, and points where
    the field is not differentiable.
    """
    report = progress if callable(progress) else silent
    if kind not in _KINDS:
        raise InputError(f'kind must be "flow" or "map", but is {kind!r}')
    if subspace is not None and symmetry is not None:
        raise InputError("subspace and symmetry were both given; pass one of them")
    if isinstance(field, Kuramoto):
        _refuse_options(kind, subspace, symmetry, variables)
        return certify_locked_state(field, x, report)
    if isinstance(field, Hopfield):
        if kind != "flow" or subspace is not None or variables is not None or symmetry is not None:
            raise InputError('a Hopfield network is a flow: pass kind="flow" and no subspace, symmetry or variables')
        return certify_hopfield(field, x, report)
    if x is None:
        raise InputError("x is missing: pass n numbers near the equilibrium")
    start = start_point(x)
    report("reading the field", 0.0)
    program = field_program(field, start, variables)
    statement = restricted(program, kind, start, x, subspace, symmetry)
    report("polishing the point", 0.2)
    coordinates, inverse = _polished(statement, start)
    require_smooth(statement.field, statement.point(Ball.exact(coordinates)))
    report("proving", 0.5)
    radius = largest_radius(statement, coordinates, inverse)
    certificate: EquilibriumCertificate = issue(
        "equilibrium", *equilibrium_parts(statement, coordinates, inverse, radius)
    )
    report("proved", 1.0)
    return certificate


def _refuse_options(kind: str, subspace: Any, symmetry: Any, variables: Any) -> None:
    rotation = symmetry is None or (isinstance(symmetry, str) and symmetry == "rotation")
    if kind != "flow" or subspace is not None or variables is not None or not rotation:
        raise InputError(
            'a Kuramoto network is a flow modulo rotation: pass kind="flow", no subspace and no variables, and '
            'symmetry="rotation" or none'
        )


def equilibrium_parts(
    statement: EquilibriumStatement, coordinates: np.ndarray, inverse: np.ndarray, radius: float | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Problem and witness of the certificate of the equilibrium near these coordinates.

    `inverse` of the derivative is an estimate; `radius`, of the cube in which the equilibrium is alone, a proposal.
    """
    return statement.as_tree(), equilibrium_witness(statement, coordinates, inverse, radius)


def equilibrium_witness(
    statement: EquilibriumStatement, coordinates: np.ndarray, inverse: np.ndarray, radius: float | None
) -> dict[str, Any]:
    """What the proof at these coordinates needs: estimates throughout."""
    point = statement.point(Ball.exact(coordinates)).mid
    witness: dict[str, Any] = {"coordinates": coordinates, "point": np.array(point), "inverse": inverse}
    if radius is not None:
        witness["uniqueness_radius"] = radius
    discs = _discs(statement, coordinates, inverse)
    return witness | ({"discs": discs} if discs else {})


def _discs(statement: EquilibriumStatement, coordinates: np.ndarray, inverse: np.ndarray) -> dict[str, np.ndarray]:
    """Discs of the eigenvalues over the enclosure that the proof will find."""
    try:
        proof = prove_zero(statement.residual(coordinates), statement.derivative, coordinates, right_inverse=inverse)
        if isinstance(proof, Undecided):
            return {}
        return proposed_discs(eigenvalues(statement.linearisation(Ball(coordinates, proof.box))))
    except InputError:
        return {}


def _polished(statement: EquilibriumStatement, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the equilibrium and an approximate inverse of the derivative there, by Newton's method."""
    first = first_unknowns(statement, start) if statement.group else statement.chart.coordinates(start)
    reach, places = _LARGEST_STEP * (1.0 + float(np.linalg.norm(start))), statement.places
    y, before = first, _size(statement, first)
    best, smallest = y, before
    for _ in range(_NEWTON_STEPS):
        step = _newton_step(statement, y)
        if not np.isfinite(step).all() or np.linalg.norm((y + step - first)[:places]) > reach:
            break
        y = y + step
        size = _size(statement, y)
        if size < smallest:
            best, smallest = y, size
        if np.abs(step).max() <= 2.0**-52 * np.abs(y).max() or smallest == 0:
            break
    _refuse_far(statement, start, best, before, smallest)
    return best, _inverse(statement.derivative(Ball.exact(best)).mid)


def _refuse_far(
    statement: EquilibriumStatement, start: np.ndarray, best: np.ndarray, before: float, smallest: float
) -> None:
    slope = float(np.abs(statement.derivative(Ball.exact(best)).mid).max())
    scale = max(slope, 1e-3) * max(1.0, float(np.abs(start).max()))
    if smallest <= 1e-10 * scale:
        return
    what = "|f(x)|" if not statement.is_map else "|f(x) - x|"
    name = "symmetry" if statement.group else statement.restriction
    at_start, left = digits_apart(before, smallest)
    where = "" if name == "none" else f", {name} taken into account,"
    raise InputError(
        f"no equilibrium was found near x: {what}{where} is {at_start} there, and Newton's method within a tenth of "
        f"its size leaves {left}; start closer to the equilibrium"
    )


def _newton_step(statement: EquilibriumStatement, y: np.ndarray) -> np.ndarray:
    matrix, value = statement.derivative(Ball.exact(y)).mid, statement.residual(y).mid
    with np.errstate(all="ignore"):
        try:
            return -np.linalg.solve(matrix, value)
        except np.linalg.LinAlgError:
            return -np.asarray(np.linalg.lstsq(matrix, value, rcond=None)[0])


def _size(statement: EquilibriumStatement, y: np.ndarray) -> float:
    """The Euclidean norm of the residual (an estimate), infinite outside of the field's domain."""
    try:
        value = statement.residual(y)
    except UndecidedBranch:
        raise
    except InputError as error:
        raise InputError(f"the field has no value at x or near it: {error}") from None
    return float(np.linalg.norm(value.mid)) if np.isfinite(value.rad).all() else float("inf")


def _inverse(matrix: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        try:
            inverse = np.linalg.inv(matrix)
        except np.linalg.LinAlgError:
            inverse = np.linalg.pinv(matrix)
    return inverse if np.isfinite(inverse).all() else np.eye(len(matrix))
