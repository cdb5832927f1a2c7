"""Certificates as Coq files: compiled where coqc is found, and refused where there is nothing to export."""

import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import stabproof as sp
from stabproof.cli.application import app
from stabproof.formal.export import coq_text
from stabproof.formal.polynomials import Polynomials, bounds, difference_quotients

needs_coq = pytest.mark.skipif(
    shutil.which("coqc") is None, reason="coqc with the libraries Interval and Coquelicot is not installed"
)


def compile_file(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # without the last command, which walks through all proofs to list their axioms
    path = folder / "certificate.v"
    path.write_text(text.replace("Print Assumptions certified.", ""))
    return subprocess.run(["coqc", "-w", "none", path.name], cwd=folder, capture_output=True, text=True)


def lorenz(x):
    return jnp.array([10 * (x[1] - x[0]), x[0] * (14 - x[2]) - x[1], x[0] * x[1] - 8 * x[2] / 3])


def planar(x):
    return jnp.array([x[0] * (1 - x[0]) - x[0] * x[1] / 2, -x[1] / 3 + x[0] * x[1]])


def hyperbola(rate):
    problem = sp.Regression(lambda t, x: t[0] * t[1] * x, jnp.array([2.5, 0.4]), jnp.ones(1), jnp.ones(1))
    return sp.certify_minimum(problem, sp.GradientDescent(rate))


def strict():
    # gradient (2 (s - 3), 4 t (t^2 - 2)): a minimum at (3, sqrt 2) with curvatures 2 and 16
    problem = sp.Loss(lambda t: (t[0] - 3) ** 2 + (t[1] ** 2 - 2) ** 2, jnp.array([3.0, 2.0**0.5]))
    return sp.certify_minimum(problem, sp.GradientDescent(0.1))


CASES = {
    "node": lambda: sp.certify_equilibrium(planar, [1 / 3, 4 / 3]),
    "lorenz": lambda: sp.certify_equilibrium(lorenz, [(8 / 3 * 13) ** 0.5] * 2 + [13.0]),
    "unstable map": lambda: sp.certify_equilibrium(lambda x: 3.2 * x * (1 - x), [0.6875], kind="map"),
    "hyperbola, stable": lambda: hyperbola(0.3),
    "hyperbola, unstable": lambda: hyperbola(0.4),
    "strict minimum": strict,
    "growing family": lambda: sp.lyapunov_exponent([[[1, 1], [1, 2]], [[2, 1], [1, 1]]]),
    "contracting family": lambda: sp.lyapunov_exponent(
        [[[Fraction(1, 2), Fraction(1, 3)], [0, Fraction(3, 5)]], [[Fraction(-1, 2), 0], [1, Fraction(1, 4)]]],
        [Fraction(1, 3), Fraction(2, 3)],
    ),
}


@needs_coq
@pytest.mark.parametrize("name", CASES)
def test_the_file_compiles(name, tmp_path):
    done = compile_file(coq_text(CASES[name]()), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_coq
def test_a_false_statement_does_not_compile(tmp_path):
    # 3.2 x (1 - x) has the multiplier -1.2 at its fixed point; an eigenvalue beyond 2 in modulus is false
    text = coq_text(CASES["unstable map"]())
    assert text.count("1 < a0 x0.") == 1
    assert compile_file(text.replace("1 < a0 x0.", "2 < a0 x0."), tmp_path).returncode != 0


def test_a_file_says_what_is_formal_and_what_is_not():
    text = coq_text(CASES["node"]())
    head = text[: text.index("*)")]
    assert "Verdict of the certificate: STABLE" in head
    assert "Proved by compiling" in head
    assert "Not formal: that the polynomials are the program of the certificate" in head
    assert text.rstrip().endswith("Print Assumptions certified.")


@pytest.mark.parametrize(
    ("certificate", "sentence"),
    [
        (lambda: sp.certify_equilibrium(lambda x: jnp.tanh(2 * x) - x, [0.9575]), "only polynomials are exported"),
        (lambda: sp.certify_equilibrium(lambda x: x - x / (1 + x), [0.0]), "only polynomials are exported"),
        (lambda: sp.certify_equilibrium(lambda x: -x, np.zeros(6)), "up to dimension 4"),
        (lambda: sp.lyapunov_exponent(np.eye(3)[None] / 2), "2 x 2"),
        (lambda: sp.morse_class(lambda x: x[0] ** 2, [(-1, 1)]).certificate, "not exported"),
    ],
)
def test_what_is_not_exported_is_refused(certificate, sentence):
    with pytest.raises(sp.InputError, match=sentence):
        coq_text(certificate())


def test_other_optimisers_are_refused():
    problem = sp.Regression(lambda t, x: t[0] * t[1] * x, jnp.array([2.5, 0.4]), jnp.ones(1), jnp.ones(1))
    with pytest.raises(sp.InputError, match="only gradient descent"):
        coq_text(sp.certify_minimum(problem, sp.HeavyBall(0.1, 0.5)))


def test_difference_quotients_are_exact():
    # g = (x^2 y, x - y^3): g(u) - g(v) = E (u - v), at rational points
    system = Polynomials(["u0", "u1", "v0", "v1"])
    gens = system.context.gens()

    def at(ends):
        x, y = gens[2 * ends[0]], gens[1 + 2 * ends[1]]
        return [x**2 * y, x - y**3]

    quotients = difference_quotients(at, 2)
    point = [Fraction(1, 3), Fraction(-2, 5), Fraction(7, 2), Fraction(4, 9)]
    box = [(p, p) for p in point]
    (u0, u1, v0, v1) = point
    rows = [[bounds(entry, box)[0] for entry in row] for row in quotients]
    moved = [row[0] * (u0 - v0) + row[1] * (u1 - v1) for row in rows]
    assert moved == [u0**2 * u1 - v0**2 * v1, (u0 - u1**3) - (v0 - v1**3)]


def test_bounds_hold_the_values_and_are_tight_at_points():
    system = Polynomials(["x", "y"])
    x, y = system.context.gens()
    polynomial = x**2 - 3 * x * y + 2
    low, high = bounds(polynomial, [(Fraction(-1), Fraction(2)), (Fraction(0), Fraction(1))])
    values = [a * a - 3 * a * b + 2 for a in (-1, 0, 1, 2) for b in (0, 1)]
    assert low <= min(values)
    assert max(values) <= high
    # x^2 in [0, 4], -3 x y in [-6, 3]: the sum of the ranges
    assert (low, high) == (-4, 9)


def test_the_command(tmp_path):
    CASES["hyperbola, stable"]().save(tmp_path / "m.json")
    runner = CliRunner()
    done = runner.invoke(app, ["export", str(tmp_path / "m.json"), "--coq"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "m.v").read_text().count("Theorem certified") == 1
    assert runner.invoke(app, ["export", str(tmp_path / "m.json")]).exit_code != 0
