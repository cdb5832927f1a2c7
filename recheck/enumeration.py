"""All zeros in a box: a list with proofs, and a subdivision that proves that there are no others.

A part of the box is done when the field's enclosure or its mean-value form excludes 0, when Krawczyk's operator misses
the part, or when it lies in a cube on which the field is one to one around a zero of the list.
[A. Neumaier, Interval Methods for Systems of Equations, ch. 5]
"""

from dataclasses import dataclass
from typing import Any

from flint import arb, arb_mat

from recheck.claims import Statement
from recheck.fields import Entries, Field, Gradient
from recheck.linear import identity, inertia, inverse, spectrum, symmetric
from recheck.newton import Zero, distance, exact_zero, halves, injective_on
from recheck.npy import Array
from recheck.outcome import BadInput, NotCovered, Undecided
from recheck.program.machine import Work
from recheck.program.reader import Program
from recheck.proof import Proof, entry, exact, floats, half_line
from recheck.spectra import ascending, is_reach, sides, verdict_of

_MOST_PARTS = 200_000
_LARGEST_DIMENSION = 10
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


def all_known(field: Any, known: list[Known], box: Entries) -> None:
    """Raises `Undecided` unless every zero of the closed box is one of the known ones."""
    waiting, seen = [box], 0
    while waiting:
        part = waiting.pop()
        seen += 1
        NotCovered.when(seen > _MOST_PARTS, "the subdivision needs more parts than are tried")
        if any(_inside(part, k.cube) for k in known):
            continue
        rest = _reduced(field, part)
        if rest is None:
            continue
        if any(_inside(rest, k.cube) for k in known):
            continue
        if max(float(x.rad()) for x in rest) < 1e-13 * (1 + max(float(abs(x.mid())) for x in rest)):
            raise Undecided("a part of the box may hold a zero that is not listed")
        waiting += halves(rest)


def _inside(part: Entries, cube: Entries) -> bool:
    return all(c.contains(x) for x, c in zip(part, cube, strict=True))


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


def _box(statement: Statement, size: int) -> Entries:
    NotCovered.when(size > _LARGEST_DIMENSION, f"boxes in dimension {size} are not covered")
    lower, upper = (floats(statement.problem, name, (size,)) for name in ("lower", "upper"))
    BadInput.unless(all(a < b for a, b in zip(lower.data, upper.data, strict=True)), "the box is empty")
    return [arb(a).union(arb(b)) for a, b in zip(lower.data, upper.data, strict=True)]


def _listed(statement: Statement, size: int) -> tuple[list[Entries], list[float]]:
    radii = floats(statement.witness, "radii", (None,)).data
    points = exact(floats(statement.witness, "points", (len(radii), size)))
    BadInput.unless(all(r > 0 for r in radii), "a radius of the witness is not positive")
    return [points[k * size : (k + 1) * size] for k in range(len(radii))], radii


def _places(statement: Statement, known: list[Known]) -> list[str]:
    """Where each zero lies with respect to the closed box: inside, outside, or "boundary" to the precision."""
    lower, upper = (exact(floats(statement.problem, name, (len(known[0].point),))) for name in ("lower", "upper"))
    result = []
    for k in known:
        rows = list(zip(k.zero.box, lower, upper, strict=True))
        if any(x < a or x > b for x, a, b in rows):
            result.append("outside")
        else:
            result.append("inside" if all(x >= a and x <= b for x, a, b in rows) else "boundary")
    return result


def _between(least: int, most: int) -> arb:
    return arb(least).union(arb(most))


def prove_all_equilibria(statement: Statement, work: Work) -> Proof:
    """Every equilibrium in the closed box, and how many are stable."""
    BadInput.when(statement.problem.get("kind") not in ("flow", "map"), "the kind is neither flow nor map")
    NotCovered.when("units" in statement.witness, "lists of equilibria in units of their own are not covered")
    NotCovered.when("vectors" in statement.problem, "lists of the equilibria on a subspace are not covered")
    field = Field(entry(statement.problem, "field", Program), statement.problem["kind"] == "map", work)
    points, radii = _listed(statement, field.size)
    known = known_zeros(field, points, radii)
    places = _places(statement, known) if known else []
    proof = Proof()
    verdicts = []
    for k, zero in enumerate(known, 1):
        proof.bounds[f"equilibrium_{k}"] = is_reach(distance(zero.point, zero.zero.box))
        verdicts.append(verdict_of(*sides(spectrum(field.jacobian(zero.zero.box)), field.is_map)))
        place = places[k - 1]
        proof.said[f"equilibrium_{k}"] = {"verdict": (verdicts[-1] or "undecided").lower(), "place": place}
    inside, boundary = places.count("inside"), places.count("boundary")
    pairs = list(zip(places, verdicts, strict=True))
    stable = sum(p == "inside" and v == "STABLE" for p, v in pairs)
    maybe = sum(p != "outside" and v != "UNSTABLE" for p, v in pairs)
    proof.values["equilibria"] = _between(inside, inside + boundary)
    proof.values["stable_equilibria"] = _between(stable, maybe)
    if statement.verdict == "UNDECIDED":
        # what an unfinished list states is a bound from below
        proof.values = {"equilibria": half_line(arb(inside), None)}
        return proof
    all_known(field, known, _box(statement, field.size))
    proof.verdict = "PROVED"
    proof.proved |= {"smooth", "lipschitz"}
    return proof


def prove_morse_class(statement: Statement, work: Work) -> Proof:
    """The critical points of a function in a closed box, their Hessians, and the class that they give."""
    field = Gradient(entry(statement.problem, "function", Program), work)
    NotCovered.when(statement.witness.get("degenerate") is not None, "degenerate critical points are not covered")
    points, radii = _listed(statement, field.size)
    known = known_zeros(field, points, radii)
    places = _places(statement, known) if known else []
    proof = Proof(weak={"verdict"} if statement.verdict == "UNDECIDED" else set())
    _check_exact(statement, known)
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
    inside, boundary = places.count("inside"), places.count("boundary")
    if statement.verdict == "UNDECIDED":
        return proof
    all_known(field, known, _box(statement, field.size))
    proof.values["critical_points"] = _between(inside, inside + boundary)
    if inside or not boundary:
        proof.values["morse_class"] = arb(2 if inside else 1)
        proof.verdict = "PROVED"
    proof.proved.add("smooth")
    proof.needed = {"smooth"}
    return proof


def _check_exact(statement: Statement, known: list[Known]) -> None:
    """Every point that the witness calls an exact zero is one."""
    marks = statement.witness.get("exact")
    if not isinstance(marks, Array) or marks.dtype != "bool" or len(marks.data) != len(known):
        raise BadInput("the witness does not say which critical points are exact")
    for mark, zero in zip(marks.data, known, strict=True):
        Undecided.when(mark and not _is_point(zero), "a point is not proved to be an exact critical point")


def _is_point(known: Known) -> bool:
    """Whether the witness's point is exactly the zero."""
    return all(x.is_exact() and x == p for x, p in zip(known.zero.box, known.point, strict=True))
