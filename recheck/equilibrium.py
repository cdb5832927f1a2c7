"""Equilibria, fixed points and periodic points: existence, uniqueness, spectrum."""

from flint import arb, arb_mat

from recheck.fields import Entries, Field, add_invariance, real_function
from recheck.linear import identity
from recheck.newton import distance, exact_zero, hull_of_derivative, injective_on, one_to_one
from recheck.outcome import BadInput, NotCovered, Work
from recheck.proof import Proof, Statement, entry, exact, floats, is_reach, is_size
from recheck.spectra import decide

_LONGEST_PERIOD = 2000
_LARGEST_SYSTEM = 400
_SPLITS = 9


def prove_equilibrium(statement: Statement, work: Work) -> Proof:
    """What is proved of the equilibrium near the witness's coordinates."""
    problem, witness = statement.problem, statement.witness
    BadInput.when(problem.get("kind") not in ("flow", "map"), "the kind of the equilibrium is neither flow nor map")
    restriction = problem.get("restriction", "none")
    NotCovered.when(restriction not in ("none", "subspace"), f"the restriction {restriction!r:.20} is not covered")
    field = Field(real_function(problem, "field"), problem["kind"] == "map", work, problem)
    BadInput.when((field.columns is None) != (restriction == "none"), "the restriction has other entries")
    coordinates = exact(floats(witness, "coordinates", (field.size,)))
    point = exact(floats(witness, "point", (field.ambient,)))
    zero = exact_zero(field.displacement, field.derivative, coordinates)
    proof = Proof(bounds={"radius": is_reach(distance(point, field.point(zero.box)))})

    def alone(radius: arb) -> bool:
        cube = [x.union(c + arb(0, radius)) for x, c in zip(zero.box, coordinates, strict=True)]
        return injective_on(field.derivative, cube, _SPLITS)

    proof.bounds["uniqueness_radius"] = is_size(alone)
    proof.weak.add("uniqueness_radius")
    decide(field.jacobian(zero.box), field.is_map, proof, witness)
    proof.theorem = f"linearisation.{problem['kind']}-{proof.verdict.lower()}"
    # without a proof of the invariance the statement holds on the condition of it
    proof.needed, proof.proved = {"smooth"}, proof.proved | {"smooth"}
    proof.said["radius"] = {"what": problem["kind"]}
    add_invariance(field, problem, proof)
    if proof.needed <= proof.proved:
        proof.said["radius"]["condition"] = "none"
    return proof


def prove_periodic_point(statement: Statement, work: Work) -> Proof:
    """The cycle near the witness's points as a zero of (f(x_1) - x_2, ..., f(x_m) - x_1)."""
    field = Field(real_function(statement.problem, "map"), False, work)
    m, n = entry(statement.problem, "period", int), field.size
    BadInput.when(not 1 <= m <= _LONGEST_PERIOD, f"the period is {m}")
    NotCovered.when(m * n > _LARGEST_SYSTEM, f"cycles with {m * n} coordinates are not covered")
    points = exact(floats(statement.witness, "points", (m, n)))
    first = exact(floats(statement.witness, "point", (n,)))

    def parts(flat: Entries) -> list[Entries]:
        return [flat[k * n : (k + 1) * n] for k in range(m)]

    def residual(flat: Entries) -> Entries:
        images = [y for x in parts(flat) for y in field.value(x)]
        return [y - x for y, x in zip(images, flat[n:] + flat[:n], strict=True)]

    def assembled(blocks: list[arb_mat]) -> arb_mat:
        def at(i: int, j: int) -> arb:
            return (blocks[i // n][i % n, j % n] if i // n == j // n else arb(0)) - int(j == (i + n) % (m * n))

        return arb_mat(m * n, m * n, [at(i, j) for i in range(m * n) for j in range(m * n)])

    zero = exact_zero(residual, lambda flat: assembled([field.jacobian(x) for x in parts(flat)]), points)
    proof = Proof(bounds={"radius": is_reach(distance(first, zero.box[:n]))})
    later = [zero.box[d * n : (d + 1) * n] for d in range(1, m) if m % d == 0]
    separate = all(any(not a.overlaps(b) for a, b in zip(zero.box[:n], x, strict=True)) for x in later)
    proof.bounds["least_period"] = is_size(lambda size: separate and bool(size == m))

    def alone(radius: arb) -> bool:
        cubes = [x.union(c + arb(0, radius)) for x, c in zip(zero.box, points, strict=True)]
        hulls = lambda count: [hull_of_derivative(field.jacobian, cube, count) for cube in parts(cubes)]  # noqa: E731
        return one_to_one(lambda count: assembled(hulls(count)), 6)

    proof.bounds["uniqueness_radius"] = is_size(alone)
    proof.weak.add("uniqueness_radius")
    product = identity(n)
    for x in parts(zero.box):
        product = field.jacobian(x) * product
    decide(product, True, proof, statement.witness)
    proof.proved.add("smooth")
    proof.needed = {"smooth"}
    return proof
