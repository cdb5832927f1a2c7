"""All zeros in a box: a list with proofs, and a subdivision that proves that there are no others.

A part of the box is done when the field's enclosure or its mean-value form excludes 0, when Krawczyk's operator misses
the part, or when it lies in a cube on which the field is one to one around a zero of the list.
[A. Neumaier, Interval Methods for Systems of Equations, ch. 5]
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, ctx

from recheck.fields import Entries, Field, Gradient, add_invariance, exact_derivatives, real_function
from recheck.linear import identity, inertia, inverse, spectrum, symmetric
from recheck.newton import Zero, distance, exact_zero, injective_on, inside, read_box, subdivide
from recheck.outcome import BadInput, NotCovered, Undecided, Work
from recheck.program.machine import Machine
from recheck.proof import Proof, Statement, entry, exact, floats, half_line, is_reach, rational
from recheck.spectra import ascending, sides, verdict_of

_SHRINKINGS = 12


@dataclass(frozen=True)
class Known:
    """A zero of the list: the witness's point, the proved zero, and a cube in which it is the only one."""

    point: Entries
    zero: Zero
    cube: Entries


def known_zeros(field: Any, points: list[Entries], radii: list[float]) -> list[Known]:
    """The zeros near the points, proved to be different; raises `Undecided`."""
    found: list[Known] = []
    for point, size in zip(points, radii, strict=True):
        zero = exact_zero(field.displacement, field.derivative, point)
        radius = arb(size)
        for _ in range(_SHRINKINGS):
            inside = all(abs(x - c) < radius for x, c in zip(zero.box, zero.center, strict=True))
            if inside and injective_on(field.derivative, [c + arb(0, radius) for c in zero.center], 3):
                break
            radius = radius / 2
        else:
            raise Undecided("a zero of the list is not proved to be alone in a cube")
        if any(all(a.overlaps(b) for a, b in zip(zero.box, k.zero.box, strict=True)) for k in found):
            raise Undecided("two points of the list are not proved to be near different zeros")
        found.append(Known(point, zero, [c + arb(0, radius.mid()) for c in zero.center]))
    return found


def all_known(field: Any, cubes: list[Entries], box: Entries, within: Entries | None = None) -> None:
    """Raises `Undecided` unless every zero of the closed box lies in one of the cubes, or its point not `within`."""

    def remaining(part: Entries) -> Entries | None:
        if within is not None and any(not x.overlaps(y) for x, y in zip(field.point(part), within, strict=True)):
            return None
        rest = None if any(inside(part, cube) for cube in cubes) else _reduced(field, part)
        return None if rest is None or any(inside(rest, cube) for cube in cubes) else rest

    subdivide(box, remaining)


def _reduced(field: Any, part: Entries) -> Entries | None:
    """A smaller box with the same zeros, or None where there are none."""
    try:
        values = field.displacement(part)
        if any(not v.contains(0) for v in values):
            return None
        matrix = field.derivative(part)
        center = [x.mid() for x in part]
        shift = arb_mat(len(part), 1, [x - c for x, c in zip(part, center, strict=True)])
        middle = field.displacement(center)
        form = (matrix * shift).entries()
        if any(not (v + s).contains(0) for v, s in zip(middle, form, strict=True)):
            return None
        approximate = inverse(matrix.mid()).mid()
        defect = identity(len(part)) - approximate * matrix
        step = approximate * arb_mat(len(part), 1, middle)
        moved = (defect * shift).entries()
        image = [c - s + m for c, s, m in zip(center, step.entries(), moved, strict=True)]
        if not all(x.is_finite() for x in image):
            return part
        if any(not x.overlaps(y) for x, y in zip(part, image, strict=True)):
            return None
        return [x.intersection(y) for x, y in zip(part, image, strict=True)]
    except Undecided:
        return part


def _listed(witness: dict[str, Any], size: int, name: str) -> tuple[list[Entries], list[float]]:
    radii = floats(witness, "radii", (None,)).data
    points = exact(floats(witness, name, (len(radii), size)))
    BadInput.unless(all(r > 0 for r in radii), "a radius of the witness is not positive")
    return [points[k * size : (k + 1) * size] for k in range(len(radii))], radii


def _place(zero: Entries, ends: list[tuple[arb, arb]]) -> str:
    """Where a zero lies with respect to the closed box: inside, outside, or "boundary" to the precision."""
    rows = list(zip(zero, ends, strict=True))
    if any(x < a or x > b for x, (a, b) in rows):
        return "outside"
    return "inside" if all(a <= x <= b for x, (a, b) in rows) else "boundary"


def prove_all_equilibria(statement: Statement, work: Work) -> Proof:
    """Every equilibrium in the closed box, and how many are stable; or all but those in some undecided boxes."""
    problem, witness = statement.problem, statement.witness
    BadInput.when(problem.get("kind") not in ("flow", "map"), "the kind is neither flow nor map")
    NotCovered.when("units" in witness, "lists of equilibria in units of their own are not covered")
    field = Field(real_function(problem, "field"), problem["kind"] == "map", work, problem)
    is_subspace = field.columns is not None
    starts, radii = _listed(witness, field.size, "coordinates" if is_subspace else "points")
    points = _listed(witness, field.ambient, "points")[0]
    known = known_zeros(field, starts, radii)
    zeros = [field.point(k.zero.box) for k in known]
    edges, proof, verdicts = read_box(problem, field.ambient), Proof(), []
    places = [_place(zero, edges) for zero in zeros]
    for k, zero in enumerate(known, 1):
        proof.bounds[f"equilibrium_{k}"] = is_reach(distance(points[k - 1], zeros[k - 1]))
        verdicts.append(verdict_of(*sides(spectrum(field.jacobian(zero.zero.box)), field.is_map)))
        proof.said[f"equilibrium_{k}"] = {"verdict": (verdicts[-1] or "undecided").lower(), "place": places[k - 1]}
    count, boundary = places.count("inside"), places.count("boundary")
    pairs = list(zip(places, verdicts, strict=True))
    stable = sum(p == "inside" and v == "STABLE" for p, v in pairs)
    maybe = sum(p != "outside" and v != "UNSTABLE" for p, v in pairs)
    undecided = floats(witness, "undecided", (None, field.size, 2)).data
    ends = [arb(a).union(arb(b)) for a, b in zip(undecided[::2], undecided[1::2], strict=True)]
    rest = [ends[k : k + field.size] for k in range(0, len(ends), field.size)]
    box = [a.union(b) for a, b in edges]
    all_known(field, [*(k.cube for k in known), *rest], _coordinates(field, box), box)
    if rest:
        proof.values |= {"equilibria": half_line(arb(count), None), "undecided_boxes": arb(len(rest))}
    else:
        proof.values["equilibria"] = arb(count).union(arb(count + boundary))
        proof.values["stable_equilibria"] = arb(stable).union(arb(maybe))
        proof.verdict = "PROVED"
    proof.proved |= {"smooth", "lipschitz"}
    add_invariance(field, problem, proof)
    return proof


def _coordinates(field: Field, box: Entries) -> Entries:
    """A box of coordinates that holds those of all points of the box: on a subspace they are entries of the point."""
    if field.columns is None:
        return box
    rows, unit = field.columns.tolist(), identity(field.size).tolist()
    NotCovered.unless(all(row in rows for row in unit), "coordinates that are not entries of the point are not covered")
    return [box[i] - field.base[i] for i in (rows.index(row) for row in unit)]


def prove_morse_class(statement: Statement, work: Work) -> Proof:
    """The critical points of a function in a closed box, their Hessians, and the class that they give."""
    field = Gradient(real_function(statement.problem, "function", ()), work)
    if statement.witness.get("degenerate") is not None:
        return _degenerate(statement, field)
    known = known_zeros(field, *_listed(statement.witness, field.size, "points"))
    ends = read_box(statement.problem, field.size)
    places = [_place(k.zero.box, ends) for k in known]
    proof = Proof(weak={"verdict"} if statement.verdict == "UNDECIDED" else set())
    # every point that the witness calls an exact zero is one
    marked = zip(floats(statement.witness, "exact", (len(known),), "bool").data, known, strict=True)
    Undecided.when(any(mark and not _is_point(k) for mark, k in marked), "a point is not proved to be exactly critical")
    for k, (zero, place) in enumerate(zip(known, places, strict=True), 1):
        if place == "outside":
            continue
        hessian = symmetric(zero.zero.jacobian)
        words = {"index": inertia(hessian)[0], "place": place}
        words["exact"] = "exact" if _is_point(zero) else "near"
        proof.said[f"critical_point_{k}"] = words
        proof.bounds[f"critical_point_{k}"] = is_reach(distance(zero.point, zero.zero.box))
        for j, value in enumerate(ascending(spectrum(hessian)), 1):
            proof.values[f"hessian_eigenvalue_{k}_{j}"] = value
    count, boundary = places.count("inside"), places.count("boundary")
    box = [a.union(b) for a, b in ends]
    if statement.verdict == "UNDECIDED":
        proof.values["critical_points"] = half_line(arb(count), None)
        field.derivative(box)
    else:
        all_known(field, [k.cube for k in known], box)
        proof.values["critical_points"] = arb(count).union(arb(count + boundary))
        if count or not boundary:
            proof.values["morse_class"] = arb(2 if count else 1)
            proof.verdict, proof.theorem = "PROVED", "morse.subdivision"
    proof.proved, proof.needed = {"smooth"}, {"smooth"}
    return proof


def _degenerate(statement: Statement, field: Gradient) -> Proof:
    """A point of the box at which the gradient vanishes and the Hessian is singular, both exactly.

    At a rational point by the expanded polynomial, or by an evaluation that is exact, as that of tanh(0). Near one, on
    the line or in the space of T y + r, the columns of T being unit vectors.
    """
    place, box = statement.witness["degenerate"], read_box(statement.problem, field.size)
    axes: list[int] = []
    if isinstance(place, dict):
        matrix, shift, inner = (entry(place, name, list) for name in ("matrix", "offset", "point"))
        every = list(range(field.size))
        axes = next(
            (c for c in [every, *([k] for k in every)] if matrix == [[int(i == k) for k in c] for i in every]), []
        )
        fits = len(inner) == len(axes) > 0 and all(isinstance(x, Fraction) for x in (*inner, *shift))
        place = [r + dict(zip(axes, inner, strict=True)).get(k, 0) for k, r in enumerate(shift)] if fits else None
    listed = isinstance(place, list) and len(place) == field.size and all(isinstance(x, Fraction) for x in place)
    NotCovered.unless(listed, "degenerate critical points of this form are not covered")
    BadInput.unless(all(a <= x <= b for x, (a, b) in zip(map(rational, place), box, strict=True)), "a point outside")
    proof = Proof(theorem="morse.identity", proved={"smooth"}, needed={"smooth"}, weak={"verdict"})
    field.derivative([a.union(b) for a, b in box])
    at = [rational(x) for x in place]
    if axes:
        proof.bounds["degenerate_point"] = is_reach(_zero_beside(field, at, box, axes))
        proof.values, proof.verdict, proof.theorem = {"morse_class": arb(3)}, "PROVED", "morse.common-zero"
        return proof
    slopes, bent = exact_derivatives(field.machine.program, place) or (field.displacement(at), field.derivative(at))
    if all(x == 0 for x in slopes) and bent.det() == 0:
        proof.values, proof.verdict = {"morse_class": arb(3), "degenerate_point": arb(0)}, "PROVED"
    return proof


def _zero_beside(field: Gradient, place: Entries, box: list[tuple[arb, arb]], axes: list[int]) -> arb:
    """How near to the place, along one of the axes, the gradient vanishes and the Hessian is singular.

    There something changes its sign between two points of the box: q, where the function is q^k with k >= 3; or the
    slope along the axis, where all other slopes and the Hessian's determinant are zero at all points between them.
    """
    program, last, reach = field.machine.program, field.machine.program.equations[-1:], arb(2) ** (-ctx.prec // 2)
    is_last = bool(last) and program.outputs == (len(program.signatures) - 1,)
    is_power = is_last and last[0].primitive == "integer_pow" and last[0].parameters["exponent"] > 2
    root = Machine(replace(program, outputs=last[0].operands), (False,), field.machine.work) if is_power else None
    for axis in axes:
        ends = [[x + sign * reach * int(k == axis) for k, x in enumerate(place)] for sign in (-1, 1)]
        inside = all(a <= x <= b for end in ends for x, (a, b) in zip(end, box, strict=True))
        values = [root.outputs([end])[0] if root else field.displacement(end)[axis] for end in ends]
        part = [a.union(b) for a, b in zip(*ends, strict=True)]
        rest = [s for k, s in enumerate(field.displacement(part)) if k != axis] + [field.derivative(part).det()]
        if inside and values[0] * values[1] < 0 and (root or all(x == 0 for x in rest)):
            return reach
    raise NotCovered("a degenerate critical point is not proved near the place")


def _is_point(known: Known) -> bool:
    """Whether the witness's point is exactly the zero."""
    return all(x.is_exact() and x == p for x, p in zip(known.zero.box, known.point, strict=True))
