"""Attention particles in space and on the sphere: consensus, antipodal states, clustering."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.matrix_parameters import Matrix, ball_matrix, rational_matrix, sympy_matrix
from cases.common.parameters import one_of, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational
from cases.model import CertifiedView, Erratum, Known, SymbolicView, Task, case_of
from cases.transformer.consensus import consensus_task
from cases.transformer.derivation import (
    Consensus,
    consensus_of,
    derive_antipodes,
    derive_dimension_erratum,
    derive_space,
    derive_space_antipodes,
    derive_sphere,
    largest_real_part,
    on_sphere,
    sphere_eigenvalues,
    verdict_sign,
)
from cases.transformer.estimates import LENGTH, REAL, eigenvector, transformer_numeric
from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.linear_algebra import eigenvalues
from certify.program import jacobian, trace
from certify.verdict import Verdict
from foundation import InputError
from numeric import double_precision
from symbolic.prove_sign import number_sign

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (50)"
_VERDICT, _MOST, _MANY = "verdict", "eigenvalue off the consensus", "its multiplicity"
_SMALL = 12  # coordinates up to which the field is written out


@final
@dataclass(frozen=True)
class Attention:
    """The user's matrices, exact: B = beta Q^T K and V (d, d), and M particles, of which some lie at -x."""

    form: Matrix
    value: Matrix
    particles: int
    opposite: int
    on_sphere: bool

    @property
    def size(self) -> int:
        """d."""
        return len(self.value)

    @property
    def is_scalar(self) -> bool:
        """Whether V is a multiple of the identity."""
        rows = enumerate(self.value)
        return all(entry == (self.value[0][0] if i == j else 0) for i, row in rows for j, entry in enumerate(row))


def attention_of(values: Mapping[str, Any]) -> Attention:
    """The user's system; `InputError` where the matrices do not fit."""
    size = values["dimension"]
    eye = Matrix(tuple(tuple(Fraction(int(i == j)) for j in range(size)) for i in range(size)))
    value, query, key = (values[name] or eye for name in ("value", "query", "key"))
    if len(value) != size or len(value[0]) != size:
        raise InputError(f"value must be {size} x {size} (the dimension), but is {len(value)} x {len(value[0])}")
    for name, matrix in (("query", query), ("key", key)):
        if len(matrix[0]) != size or len(matrix) != len(query):
            raise InputError(
                f"{name} must have {size} columns (the dimension) and as many rows as the other one, but is "
                f"{len(matrix)} x {len(matrix[0])}"
            )
    form = Matrix(
        tuple(
            tuple(values["beta"] * sum(q[i] * k[j] for q, k in zip(query, key, strict=True)) for j in range(size))
            for i in range(size)
        )
    )
    on_the_sphere, opposite = values["space"] == "sphere", values["opposite"]
    if opposite >= values["particles"]:
        raise InputError(f"opposite must be below the number of particles, {values['particles']}, but is {opposite}")
    if opposite and not on_the_sphere:
        raise InputError(
            "in euclidean space antipodal particles move (unless V x = 0); choose the sphere, or opposite 0"
        )
    return Attention(form, value, values["particles"], opposite, on_the_sphere)


def _consensus(values: Mapping[str, Any], system: Attention) -> Consensus | None:
    return consensus_of(sympy_matrix(system.value), sympy_matrix(system.form), values["eigenvalue"])


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    system = attention_of(values)
    eigenvector(values, system)
    exact: dict[str, Any] = {LENGTH: sympy.Integer(0)} if system.on_sphere else {}
    stories = (derive_sphere(), derive_antipodes()) if system.on_sphere else (derive_space(), derive_space_antipodes())
    consensus = _consensus(values, system)
    if consensus is None:
        return SymbolicView(stories, exact)
    if not system.on_sphere:
        roots = [consensus.eigenvalue, *consensus.others] + [sympy.Integer(0)] * (system.particles > 1)
        exact[REAL] = largest_real_part(roots)
        exact[_VERDICT] = Verdict.UNSTABLE if number_sign(exact[REAL]) == 1 else Verdict.UNDECIDED
        return SymbolicView(stories, exact)
    found = sphere_eigenvalues(consensus, system.particles - system.opposite, system.opposite)
    if found is not None:
        exact[REAL] = largest_real_part(found)
    if not system.opposite:
        side = verdict_sign(consensus, system.particles)
        exact[_VERDICT] = {-1: Verdict.STABLE, 1: Verdict.UNSTABLE}.get(side or 0, Verdict.UNDECIDED)
        if system.particles > 1 and system.is_scalar:
            exact[_MOST] = -consensus.eigenvalue
            exact[_MANY] = sympy.Integer((system.particles - 1) * (system.size - 1))
    elif found is not None:
        # 0 belongs to the rotations for V = c I, and decides nothing
        side = number_sign(exact[REAL])
        exact[_VERDICT] = {-1: Verdict.STABLE, 1: Verdict.UNSTABLE}.get(side or 0, Verdict.UNDECIDED)
    return SymbolicView(stories, exact)


@double_precision
def _certified(values: Mapping[str, Any]) -> CertifiedView:
    system = attention_of(values)
    if not system.on_sphere:
        return _in_space(system)
    if system.is_scalar:
        return _with_rotations(system)
    return CertifiedView(_tasks(values, system))


def _in_space(system: Attention) -> CertifiedView:
    """Consensus at the origin, by the Jacobian of the whole field."""
    shape = (system.particles, system.size)

    def field(x: Any, form: Any, value: Any) -> Any:
        return _softmax(x @ form @ x.T) @ (x @ value.T)

    form, value = ball_matrix(system.form), ball_matrix(system.value)
    program = trace(field, np.zeros(shape), np.zeros(form.shape), np.zeros(value.shape))
    count = system.particles * system.size
    found = eigenvalues(jacobian(program, [Ball.exact(np.zeros(shape)), form, value]).reshape((count, count)))
    abscissa = found.spectral_abscissa
    verdict = Verdict.UNSTABLE if abscissa.is_above(0) else Verdict.UNDECIDED
    tasks = (consensus_task(system.value, system.particles, verdict, (REAL, _VERDICT)),) if count <= 60 else ()
    return CertifiedView(tasks, {REAL: abscissa, _VERDICT: verdict}, (_discs(found),))


def _softmax(logits: Any) -> Any:
    weights = jnp.exp(logits)
    return weights / jnp.sum(weights, axis=1, keepdims=True)


def _with_rotations(system: Attention) -> CertifiedView:
    """V = c I: every point of the sphere is a consensus. Coordinates u around the last axis, x = +-(u, 1)/|(u, 1)|.

    Where d - 1 eigenvalues are near 0, as many as the manifold of rotated states has dimensions, and the others are
    proved negative, the manifold attracts [N. Fenichel, Indiana Univ. Math. J. 21 (1971)].
    """
    free, count = system.size - 1, system.particles
    signs = np.where(np.arange(count) < count - system.opposite, 1.0, -1.0)[:, None]

    def field(u: Any, form: Any, factor: Any) -> Any:
        long = jnp.concatenate([u, jnp.ones((count, 1))], axis=1)
        x = signs * long / jnp.sqrt(jnp.sum(long**2, axis=1, keepdims=True))
        y = factor * (_softmax(x @ form @ x.T) @ x)
        speed = y - jnp.sum(x * y, axis=1, keepdims=True) * x
        # the component of x along the axis does not change to first order at u = 0
        return (speed[:, :-1] - u * speed[:, -1:]) / x[:, -1:]

    form, factor = ball_matrix(system.form), rational_ball(system.value[0][0])
    origin = np.zeros((count, free))
    program = trace(field, origin, np.zeros(form.shape), np.zeros(()))
    slopes = jacobian(program, [Ball.exact(origin), form, factor]).reshape((count * free, count * free))
    found = eigenvalues(slopes)
    below, above, neither = found.count_by_real_part(0.0)
    verdict = Verdict.UNSTABLE if above else Verdict.UNDECIDED
    if not above and neither == free and below == (count - 1) * free:
        verdict = Verdict.STABLE
    proved: dict[str, Any] = {REAL: found.spectral_abscissa, _VERDICT: verdict}
    if not system.opposite and count > 1:
        proved |= _multiple(found, -float(system.value[0][0]))
    return CertifiedView(values=proved, plots=(_discs(found),))


def _multiple(found: Any, near: float) -> dict[str, Any]:
    """The discs around the eigenvalue off the consensus: their hull, and how many eigenvalues they hold."""
    chosen = np.abs(found.centers - near) < 0.25 * abs(near) + 1e-300
    if not chosen.any() or not np.isfinite(found.radii).all():
        return {}
    lower, upper = found.real_parts[chosen, 0].min(), found.real_parts[chosen, 1].max()
    count = float(found.counts[chosen].sum())
    return {_MOST: Enclosure(float(lower), float(upper)), _MANY: Enclosure(count, count)}


def _tasks(values: Mapping[str, Any], system: Attention) -> tuple[Task, ...]:
    """The isolated state on the sphere, with a pull to the sphere that does not act on it."""
    if system.particles * system.size > _SMALL:
        return ()
    mu, direction = eigenvector(values, system)
    names = [[f"x{i + 1}{a + 1}" for a in range(system.size)] for i in range(system.particles)]
    places = [sympy.Matrix([sympy.Symbol(name, real=True) for name in row]) for row in names]
    bound = max(sum(abs(entry) for entry in row) for row in system.value)
    pull = sympy.Integer(2 * (int(bound) + 2))
    rows = on_sphere(places, sympy_matrix(system.form), sympy_matrix(system.value), pull)
    field = [entry for row in rows for entry in row]
    signs = [1.0] * (system.particles - system.opposite) + [-1.0] * system.opposite
    point = np.concatenate([sign * direction for sign in signs])
    task = Task(
        f"The state at the eigenvalue {mu:.6g} of V, with a pull to the sphere that vanishes on it",
        "equilibrium",
        {"field": field, "x": point, "variables": [symbol for place in places for symbol in place]},
        {_VERDICT: "verdict", REAL: "spectral_abscissa"},
    )
    return (task,)


def _discs(found: Any) -> Plot:
    pairs = list(zip(found.centers, found.radii, found.counts, strict=True))
    words = ", ".join(f"{c.real:.4g}{c.imag:+.4g}i ({count})" for c, _, count in pairs[:12])
    return Plot(
        "Proved discs of the linearisation's eigenvalues",
        "real part (1/time)",
        "imaginary part (1/time)",
        (Series("points", found.centers.real, found.centers.imag, "centres of the discs", proved=True),),
        f"The eigenvalues, with their numbers: {words}; the radii are at most {float(found.radii.max()):.1e}.",
        {"vertical": (0.0,)},
    )


_read_matrix = rational_matrix(6)

CASE = case_of(
    "transformer",
    readers={
        "particles": whole_number(1, 40),
        "dimension": whole_number(2, 6),
        "beta": bounded_rational(-50, 50),
        "query": _read_matrix,
        "key": _read_matrix,
        "value": _read_matrix,
        "space": one_of("sphere", "euclidean"),
        "opposite": whole_number(0, 39),
        "eigenvalue": whole_number(1, 6),
        "crowd": whole_number(2, 5000),
        "horizon": bounded_rational(0, 1000, open_below=True),
    },
    symbolic=_symbolic,
    numeric=lambda values: transformer_numeric(values, attention_of(values)),
    certified=_certified,
    known=(
        Known(_MOST, "-1", "V = I, on the sphere"),
        Known(_MANY, "6", "(M - 1)(d - 1) for M = 4, d = 3"),
        Known(_VERDICT, "STABLE", "consensus on the sphere attracts, modulo rotations"),
    ),
    errata=(
        Erratum(
            "M_1, M_2 in R^(M_0 x M) with M_0 <= M, and M_3 in R^(M x M).",
            "M_1, M_2 in R^(M_0 x d) with M_0 <= d, and M_3 in R^(d x d): they act on x_i in R^d.",
            lambda values: derive_dimension_erratum(),
        ),
    ),
)
