"""certify_equilibrium: polish, prove, verdict."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate import EquilibriumCertificate, issue
from certify.equilibrium import EquilibriumStatement, require_smooth
from certify.hopfield import Hopfield
from certify.kuramoto import Kuramoto
from certify.once import computed_once
from foundation import InputError
from search.equilibrium.known_zeros import largest_radius
from search.equilibrium.point import Polished, polished
from search.equilibrium.witness import equilibrium_parts
from stabproof.fields import Kind, field_program, start_point
from stabproof.hopfield import certify_hopfield
from stabproof.kuramoto import certify_locked_state
from stabproof.progress import Progress, ProgressOption, silent, with_progress
from stabproof.restrictions import restricted

_KINDS = ("flow", "map")


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
    certificate, in_units = _proved(statement, polished(statement, start), report)
    if in_units and not certificate.claims:
        # units that suit the derivative may not suit the remainder: the numbers as they were given are tried, too
        certificate = _in_given_units(statement, start, report) or certificate
    report("proved", 1.0)
    return certificate


def _proved(statement: EquilibriumStatement, found: Polished, report: Progress) -> tuple[EquilibriumCertificate, bool]:
    """The certificate, and whether it is in units that were found from the data."""
    require_smooth(found.scaled.field, found.scaled.point(Ball.exact(found.coordinates)))
    report("proving", 0.5)
    radius = largest_radius(found.scaled, found.coordinates, found.inverse)
    with computed_once():
        parts = equilibrium_parts(statement, found.units, found.coordinates, found.inverse, radius)
        return issue("equilibrium", *parts), not found.units.are_one


def _in_given_units(
    statement: EquilibriumStatement, start: np.ndarray, report: Progress
) -> EquilibriumCertificate | None:
    try:
        return _proved(statement, polished(statement, start, in_units=False), report)[0]
    except InputError:
        return None


def _refuse_options(kind: str, subspace: Any, symmetry: Any, variables: Any) -> None:
    rotation = symmetry is None or (isinstance(symmetry, str) and symmetry == "rotation")
    if kind != "flow" or subspace is not None or variables is not None or not rotation:
        raise InputError(
            'a Kuramoto network is a flow modulo rotation: pass kind="flow", no subspace and no variables, and '
            'symmetry="rotation" or none'
        )
