"""Proved bifurcation points: existence near a guess, place on the curve, and the sign of their normal form."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, final

from certify.arithmetic import Ball
from certify.branch.crossing_form import crossing_form
from certify.branch.extended import CROSSINGS, POINTS, extended_system, unknowns
from certify.branch.normal_form import NormalForm, cycle_form, flip_form, fold_form
from certify.branch.problem import BranchProblem
from certify.branch.units import Units
from certify.equilibrium import EquilibriumStatement
from certify.equilibrium.prove import floats
from certify.linear_algebra import eigenvalues
from certify.zeros import Undecided, prove_zero
from foundation import CertificateError, InputError

_CRITICAL = {"fold": 1, "flip": 1, "pitchfork": 1, "transcritical": 1, "hopf": 2, "neimark-sacker": 2}


@final
@dataclass(frozen=True, eq=False)
class SpecialPoint:
    """point: "fold", "hopf", "flip", "neimark-sacker", "pitchfork" or "transcritical". place: a ball (n + 1,) with (x,
    p). form: its normal form, or None where it is not proved regular. others: how many other eigenvalues are stable
    and unstable. angle: the imaginary part (map: the argument's cosine) of the critical pair.
    """

    point: str
    place: Ball
    form: NormalForm | None
    others: tuple[int, int]
    angle: Ball | None = None

    @property
    def parameter(self) -> Ball:
        return self.place[-1]


def kinds_of_points(problem: BranchProblem) -> tuple[str, ...]:
    """The kinds of bifurcation points of codimension one that may occur on the branch."""
    found = problem.invariant
    crossing = () if found is None else ("pitchfork",) if found.is_symmetric else ("transcritical",)
    return (*POINTS[problem.kind], *crossing)


def special_point(problem: BranchProblem, entry: Mapping[str, Any]) -> SpecialPoint:
    """The bifurcation point near a witness's guess: point, unknowns (m,), normal (n,), inverse (m, m), and `units`,
    where it has them (see `Units`); then the unknowns are in these units, and what is returned is not.

    Raises `CertificateError` where it is not proved: existence by Newton-Kantorovich for the extended system, an
    imaginary part that is not 0 for pairs, and no other eigenvalue on the axis (map: circle).
    """
    point, n = entry.get("point"), problem.dimension
    if point not in kinds_of_points(problem):
        raise CertificateError(f"the certificate has a bifurcation point of the unknown kind {point!r:.40}")
    units = Units.from_entry(entry, problem)
    given, problem = problem, units.applied(problem)
    size = unknowns(problem, str(point))
    guess = floats(entry, "unknowns", (size,))
    normal = floats(entry, "normal", (size - n - 1 if point in CROSSINGS else n,))
    inverse = floats(entry, "inverse", (size, size))
    statement = EquilibriumStatement(extended_system(problem, str(point), normal), "flow")
    try:
        proof = prove_zero(statement.residual(guess), statement.derivative, guess, right_inverse=inverse)
    except InputError as error:
        raise CertificateError(f"the {point} point of the certificate is not proved: {error}") from None
    if isinstance(proof, Undecided):
        raise CertificateError(f"the {point} point of the certificate is not proved: {proof.reason}")
    found = Ball(guess, proof.box)
    described = _described(problem, str(point), found)
    return described if problem is given else _in_given_units(described, units, found[n + 1 :], given.is_map)


def _in_given_units(found: SpecialPoint, units: Units, vectors: Ball, is_map: bool) -> SpecialPoint:
    """The point of the statement in `units`, with the vector v of its unknowns (or q and r), in those of the field."""
    n, cycle = len(found.place) - 1, found.point in ("hopf", "neimark-sacker")
    form = found.form
    if form is not None:
        v = [vectors[:n], vectors[n : 2 * n]] if cycle else [vectors[:n]]
        coefficient = form.coefficient * units.normalisation(v)
        if found.point == "fold":
            coefficient = coefficient * units.parameter
        form = NormalForm(coefficient, form.crossing / units.parameter * (1.0 if is_map else units.rate))
    angle = found.angle if found.angle is None or is_map else found.angle * units.rate
    return replace(found, place=found.place * units.variables, form=form, angle=angle)


def _described(problem: BranchProblem, point: str, found: Ball) -> SpecialPoint:
    n = problem.dimension
    place, first = found[: n + 1], found[n + 1 : 2 * n + 1]
    spectrum = eigenvalues(problem.linearisations(place.reshape(1, -1))[0])
    split = spectrum.count_by_modulus(1.0) if problem.is_map else spectrum.count_by_real_part(0.0)
    if split[2] != _CRITICAL[point]:
        raise CertificateError(f"at the {point} point {split[2]} eigenvalues are not proved to be off the boundary")
    others = split[0], split[1]
    if point in CROSSINGS:
        return SpecialPoint(point, place, crossing_form(problem, place, found[n + 1 :]), others)
    if point in ("fold", "flip"):
        real_form = (fold_form if point == "fold" else flip_form)(problem, place, first)
        return SpecialPoint(point, place, real_form, others)
    pair = first, found[2 * n + 1 : 3 * n + 1]
    if point == "hopf":
        omega = found[3 * n + 1]
        if not float(omega.lower) > 0:
            raise CertificateError("the frequency of the Hopf point is not proved to be positive")
        return SpecialPoint(point, place, cycle_form(problem, place, pair, (omega * 0.0, omega)), others, omega)
    a, b = found[3 * n + 1], found[3 * n + 2]
    if not float(b.lower) > 0:
        raise CertificateError("the multipliers of the Neimark-Sacker point are not proved to be off the real axis")
    # strong resonances: third and fourth roots of unity have the real parts -1/2 and 0
    resonant = any(bool((a - value).contains(0.0)) for value in (-0.5, 0.0))
    form = None if resonant else cycle_form(problem, place, pair, (a, b))
    return SpecialPoint(point, place, form, others, a)
