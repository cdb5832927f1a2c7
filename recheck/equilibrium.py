"""Equilibria, fixed points and periodic points: existence, uniqueness, spectrum."""

from fractions import Fraction
from typing import Any

from flint import arb, arb_mat

from recheck.claims import Statement
from recheck.document import Program
from recheck.fields import Entries, Field
from recheck.linear import identity, inverse, row_norm, solve
from recheck.newton import distance, exact_zero, hull_of_derivative, injective_on
from recheck.outcome import BadInput, NotCovered, Undecided
from recheck.program.machine import Work
from recheck.proof import Proof, entry, exact, floats, rational
from recheck.spectra import decide, is_reach, is_size

_LONGEST_PERIOD = 2000
_LARGEST_SYSTEM = 400
_SPLITS = 9


class Slice:
    """x = base + T y for the exact matrix T (n, k); the whole space where there is none."""

    def __init__(self, field: Field, problem: dict[str, Any]) -> None:
        self.field, self.columns = field, None
        restriction = problem.get("restriction", "none")
        if restriction == "none":
            self.size = field.size
            return
        if restriction != "subspace":
            raise NotCovered(f"equilibria with the restriction {str(restriction)[:20]!r} are not covered")
        base, vectors = entry(problem, "base", list), entry(problem, "vectors", list)
        if len(base) != field.size or len(vectors) != field.size or not all(isinstance(b, Fraction) for b in base):
            raise BadInput("the subspace does not fit the field")
        widths = {len(row) if isinstance(row, list) else 0 for row in vectors}
        if len(widths) != 1 or not all(isinstance(x, Fraction) for row in vectors for x in row) or widths == {0}:
            raise BadInput("the vectors of the subspace are defective")
        self.size = widths.pop()
        self.base = [rational(b) for b in base]
        self.columns = arb_mat([[rational(x) for x in row] for row in vectors])

    def point(self, coordinates: Entries) -> Entries:
        if self.columns is None:
            return coordinates
        moved = (self.columns * arb_mat(self.size, 1, coordinates)).entries()
        return [b + m for b, m in zip(self.base, moved, strict=True)]

    def residual(self, coordinates: Entries) -> Entries:
        values = self.field.displacement(self.point(coordinates))
        if self.columns is None:
            return values
        return list((self.columns.transpose() * arb_mat(len(values), 1, values)).entries())

    def derivative(self, coordinates: Entries) -> arb_mat:
        matrix = self.field.derivative(self.point(coordinates))
        return matrix if self.columns is None else self.columns.transpose() * (matrix * self.columns)

    def linearisation(self, coordinates: Entries) -> arb_mat:
        matrix = self.field.jacobian(self.point(coordinates))
        if self.columns is None:
            return matrix
        across = self.columns.transpose()
        return solve(across * self.columns, across * (matrix * self.columns))


def prove_equilibrium(statement: Statement, work: Work) -> Proof:
    """What is proved of the equilibrium near the witness's coordinates."""
    problem, witness = statement.problem, statement.witness
    if problem.get("kind") not in ("flow", "map"):
        raise BadInput("the kind of the equilibrium is neither flow nor map")
    field = Field(entry(problem, "field", Program), problem["kind"] == "map", work)
    chart = Slice(field, problem)
    coordinates = exact(floats(witness, "coordinates", (chart.size,)))
    point = exact(floats(witness, "point", (field.size,)))
    zero = exact_zero(chart.residual, chart.derivative, coordinates)
    proof = Proof(bounds={"radius": is_reach(distance(point, chart.point(zero.box)))})

    def alone(radius: arb) -> bool:
        near = all(abs(x - c) < radius for x, c in zip(zero.box, coordinates, strict=True))
        return near and injective_on(chart.derivative, coordinates, radius, _SPLITS)

    proof.bounds["uniqueness_radius"] = is_size(alone)
    proof.weak.add("uniqueness_radius")
    decide(chart.linearisation(zero.box), field.is_map, proof, witness)
    proof.said["radius"] = {"condition": "none" if chart.columns is None else "subspace", "what": problem["kind"]}
    proof.proved.add("smooth")
    proof.needed = {"smooth"} if chart.columns is None else {"smooth", "invariant"}
    return proof


def prove_periodic_point(statement: Statement, work: Work) -> Proof:
    """The cycle near the witness's points as a zero of (f(x_1) - x_2, ..., f(x_m) - x_1)."""
    field = Field(entry(statement.problem, "map", Program), False, work)
    m, n = entry(statement.problem, "period", int), field.size
    if not 1 <= m <= _LONGEST_PERIOD:
        raise BadInput(f"the period is {m}")
    if m * n > _LARGEST_SYSTEM:
        raise NotCovered(f"cycles with {m * n} coordinates are not covered")
    points = exact(floats(statement.witness, "points", (m, n)))
    first = exact(floats(statement.witness, "point", (n,)))

    def parts(flat: Entries) -> list[Entries]:
        return [flat[k * n : (k + 1) * n] for k in range(m)]

    def residual(flat: Entries) -> Entries:
        images = [y for x in parts(flat) for y in field.value(x)]
        return [y - x for y, x in zip(images, flat[n:] + flat[:n], strict=True)]

    def assembled(blocks: list[arb_mat]) -> arb_mat:
        rows = [[arb(0)] * (m * n) for _ in range(m * n)]
        for k, block in enumerate(blocks):
            for i in range(n):
                for j in range(n):
                    rows[k * n + i][k * n + j] = block[i, j]
                rows[k * n + i][(k + 1) % m * n + i] -= 1
        return arb_mat(rows)

    def derivative(flat: Entries) -> arb_mat:
        return assembled([field.jacobian(x) for x in parts(flat)])

    zero = exact_zero(residual, derivative, points)
    proof = Proof(bounds={"radius": is_reach(distance(first, zero.box[:n]))})
    separate = all(_differ(zero.box[:n], zero.box[d * n : (d + 1) * n]) for d in range(1, m) if m % d == 0)
    proof.bounds["least_period"] = is_size(lambda size: separate and bool(size == m))

    def alone(radius: arb) -> bool:
        if not all(abs(x - c) < radius for x, c in zip(zero.box, points, strict=True)):
            return False
        return _is_injective(field, assembled, parts(points), radius)

    proof.bounds["uniqueness_radius"] = is_size(alone)
    proof.weak.add("uniqueness_radius")
    product = identity(n)
    for x in parts(zero.box):
        product = field.jacobian(x) * product
    decide(product, True, proof, statement.witness)
    proof.proved.add("smooth")
    proof.needed = {"smooth"}
    return proof


def _differ(first: Entries, second: Entries) -> bool:
    return any(not a.overlaps(b) for a, b in zip(first, second, strict=True))


def _is_injective(field: Field, assembled: Any, points: list[Entries], radius: arb) -> bool:
    """||I - B M|| < 1 for all M in the hull of the derivatives over the cubes."""
    middle = assembled([field.jacobian(x) for x in points]).mid()
    try:
        approximate = inverse(middle).mid()
    except Undecided:
        return False
    for splits in (0, 2, 4, 6):
        try:
            cubes = [[x + arb(0, radius) for x in point] for point in points]
            full = assembled([hull_of_derivative(field.jacobian, cube, splits) for cube in cubes])
        except Undecided:
            continue
        if row_norm(identity(middle.nrows()) - approximate * full) < 1:
            return True
    return False
