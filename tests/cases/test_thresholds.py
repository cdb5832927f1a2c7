"""Every case with a threshold, asked just below, exactly at and just above it, in the exact and in the proved view."""

import dataclasses

import pytest

from cases import case
from cases.product_features.case import _instance, _verdict
from certify import Verdict
from stabproof import comparison
from stabproof.tasks import run_task

STABLE, UNSTABLE, OPEN = Verdict.STABLE, Verdict.UNSTABLE, Verdict.UNDECIDED
PROVED, REFUTED = Verdict.PROVED, Verdict.REFUTED


def asked(monkeypatch, name, quantity, **parameters):
    """The row of a cross-check without its numeric view, which states no verdict."""
    quiet = dataclasses.replace(case(name), numeric=None)
    monkeypatch.setattr(comparison, "case", lambda _: quiet)
    check = comparison.crosscheck(name, **parameters)
    assert not check.contradicted, str(check)
    row = next(row for row in check.rows if row.quantity == quantity)
    # the rule behind the exit code: 1 where the asked statement is refuted, unstable, or nowhere decided
    if {UNSTABLE, REFUTED} & {row.symbolic, row.certified} or not {STABLE, PROVED} & {row.symbolic, row.certified}:
        assert not check.holds, (name, parameters)
    return row


# case, quantity, other parameters, the parameter, (value, exact verdict, proved verdict) three times. Intervals cannot
# decide a multiplier of modulus one; where the proved view compares rationals or knows an exact answer, it decides too.
LINES = [
    # p1 -> (1 - eta) p1 = -p1 at eta = 2
    ("multiscale", "verdict on gradient descent", {}, "learning_rate",
     [("1.999", STABLE, STABLE), ("2", UNSTABLE, UNSTABLE), ("2.001", UNSTABLE, UNSTABLE)]),
    ("multiscale", "verdict on gradient descent", {"epsilon": 4}, "learning_rate",
     [("0.499", STABLE, STABLE), ("1/2", UNSTABLE, UNSTABLE), ("0.501", UNSTABLE, UNSTABLE)]),
    # eta h = 2 with x^2 + s x^4/4: s decides, and without it x -> -x
    ("strict-minimum", "verdict", {"curvatures": "2", "quartic": -1}, "learning_rate",
     [("0.99", STABLE, STABLE), ("1", STABLE, OPEN), ("1.01", UNSTABLE, UNSTABLE)]),
    ("strict-minimum", "verdict", {"curvatures": "2", "quartic": 0}, "learning_rate",
     [("0.99", STABLE, STABLE), ("1", UNSTABLE, OPEN), ("1.01", UNSTABLE, UNSTABLE)]),
    ("strict-minimum", "verdict", {"curvatures": "2,2", "quartic": -1}, "learning_rate",
     [("0.99", STABLE, STABLE), ("1", UNSTABLE, OPEN), ("1.01", UNSTABLE, UNSTABLE)]),
    # 2 eta k (t^2 + t^-2) = 2 at t = 2, k = 1/2: eta = 8/17; the end of the arc lies in the closed support
    ("hyperbola", "verdict at the point", {"point": "2"}, "learning_rate",
     [("47/100", STABLE, STABLE), ("8/17", STABLE, OPEN), ("48/100", UNSTABLE, UNSTABLE)]),
    # eta h = 2 (1 + b), 2 (1 + b)/(1 + 2 b), (1 - b1) eta h = 2 eps (1 + b1)
    ("momentum", "verdict", {"curvatures": "1", "momentum": "1/2"}, "learning_rate",
     [("2.99", STABLE, STABLE), ("3", OPEN, OPEN), ("3.01", UNSTABLE, UNSTABLE)]),
    ("nesterov", "verdict", {"curvatures": "1", "momentum": "1/2"}, "learning_rate",
     [("1.49", STABLE, STABLE), ("3/2", OPEN, OPEN), ("1.51", UNSTABLE, UNSTABLE)]),
    ("adam", "verdict", {"curvatures": "1"}, "learning_rate",
     [("29/5120", STABLE, STABLE), ("3/512", OPEN, OPEN), ("31/5120", UNSTABLE, UNSTABLE)]),
    # |a| = 1 - b
    ("rnn", "verdict", {"a": "1/2"}, "b",
     [("0.49", STABLE, STABLE), ("1/2", OPEN, OPEN), ("0.51", UNSTABLE, UNSTABLE)]),
    # h -> (1 + C) h
    ("denseresnet", "stability of the origin", {}, "coefficients",
     [("-1/100", STABLE, STABLE), ("0", OPEN, OPEN), ("1/100", UNSTABLE, UNSTABLE)]),
    # T = tau: monotone up to K tau = 1, so that cos is out of reach there too; h(T) = psi(y) from K tau = 1 + l = 2 on
    ("memory-capacity", "Psi is represented", {"horizon": 1}, "lipschitz",
     [("0.999", REFUTED, REFUTED), ("1", REFUTED, REFUTED), ("1.001", None, OPEN)]),
    ("memory-capacity", "Psi is represented", {"horizon": 1}, "lipschitz",
     [("1.999", None, OPEN), ("2", PROVED, PROVED), ("2.001", PROVED, PROVED)]),
    # a tanh is monotone: at K tau = 1 it is represented, below the network has a slope of at least 1 - K tau
    ("memory-capacity", "Psi is represented", {"horizon": 1, "target": "tanh"}, "lipschitz",
     [("0.999", REFUTED, REFUTED), ("1", PROVED, PROVED), ("1.001", PROVED, PROVED)]),
    # T = 9 tau/5: 1 - 9 k/5 + 8 k^2/25 has the zeros 5/8 and 5
    ("memory-capacity", "Psi is represented", {"horizon": "9/5"}, "lipschitz",
     [("0.6249", REFUTED, REFUTED), ("5/8", REFUTED, REFUTED), ("0.6251", None, OPEN)]),
    # m = 2 = d + q: h2' = psi(h1)/T needs l <= K T, here 1/3
    ("memory-capacity", "Psi is represented", {"horizon": 1, "dimension": 2, "amplitude": "1/3"}, "lipschitz",
     [("0.333", None, OPEN), ("1/3", None, PROVED), ("0.334", None, PROVED)]),
    ("memory-capacity", "verdict of Theorem 2.10", {}, "lipschitz",
     [("3.999", OPEN, OPEN), ("4", PROVED, PROVED), ("4.001", PROVED, PROVED)]),
    # thresholds belong to those who listen
    ("hegselmann-krause", "all agents agree in the end", {}, "start",
     [("0,0.4999", PROVED, PROVED), ("0,1/2", PROVED, PROVED), ("0,0.5001", REFUTED, REFUTED)]),
    # pi/2 is irrational: just below and just above only
    ("cucker-smale", "the agents flock", {}, "velocity",
     [("1.57079", PROVED, PROVED), ("1.5707963267948966", PROVED, PROVED), ("1.5708", REFUTED, REFUTED)]),
    # the flow 1 of a path of two against K/2: at K = 2 both stand a quarter turn apart
    ("kuramoto", "a locked state exists", {"graph": "path", "nodes": 2, "frequencies": "-1,1"}, "coupling",
     [("1.999", REFUTED, REFUTED), ("2", PROVED, None), ("2.001", PROVED, PROVED)]),
    ("kuramoto", "a locked state exists", {}, "coupling",
     [("1.70437", REFUTED, REFUTED), ("1.7043782", REFUTED, REFUTED), ("1.70438", PROVED, PROVED)]),
    ("kuramoto", "verdict on the exactly twisted state", {"graph": "ring", "nodes": 8, "frequencies": "0"}, "twist",
     [(1, STABLE, STABLE), (2, OPEN, OPEN), (3, UNSTABLE, UNSTABLE)]),
    # d + q = 3
    ("embedding", "Psi is embedded with W, W~ of full rank", {}, "dimension",
     [(2, OPEN, OPEN), (3, PROVED, PROVED), (4, PROVED, PROVED)]),
    # the first zero 1 of 1 - K tau, where h(T) = 0 for all inputs
    ("neural-dde", "x -> h(T) is injective", {"horizon": 1}, "feedback",
     [("0.99", PROVED, PROVED), ("1", REFUTED, REFUTED), ("1.01", PROVED, PROVED)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "quantity", "others", "parameter", "expected"),
    LINES,
    ids=[f"{n}-{p}-{k}" for k, (n, _, _, p, _) in enumerate(LINES)],
)
def test_below_at_and_above(monkeypatch, name, quantity, others, parameter, expected):
    for value, exact, proved in expected:
        row = asked(monkeypatch, name, quantity, **others, **{parameter: value})
        assert (row.symbolic, row.certified) == (exact, proved), (parameter, value)


@pytest.mark.parametrize(
    ("t1", "t2", "rate", "verdict"),
    [
        # s = 1: orthogonal gradients, eta g = 2 eta; no minimum with them is regular
        ("3/5", "4/5", "99/100", STABLE),
        ("3/5", "4/5", "1", OPEN),
        ("3/5", "4/5", "3/2", OPEN),
        # s = 2: eta g = 3 eta
        ("1", "1", "66/100", STABLE),
        ("1", "1", "2/3", OPEN),
        ("1", "1", "67/100", UNSTABLE),
        # eta g = 1: not regular, but a negative exponent (-inf here for s = 1) needs no regularity
        ("3/5", "4/5", "1/2", STABLE),
        ("1", "1", "1/3", STABLE),
    ],
)
def test_the_theorem_on_sgd_is_applied_where_its_hypotheses_hold(t1, t2, rate, verdict):
    values = case("product-features").values({"t1": t1, "t2": t2, "learning_rate": rate})
    assert _verdict(_instance(values)) is verdict


def test_the_final_distance_has_a_closed_form_for_alpha_1():
    """From r0 = -2 with w = 3: the first integral log(1 + r) goes from -log 3 to 3 - log 3, so r = e^3/3 - 1."""
    from math import exp

    found = case("cucker-smale")
    values = found.values({"alpha": 1, "position": -2, "velocity": 3})
    exact = found.symbolic(values).values["final distance"]
    assert float(exact) == pytest.approx(exp(3) / 3 - 1, rel=1e-12)
    view = found.certified(values)
    assert view.values["final distance"].contains(exp(3) / 3 - 1)
    (task,) = view.tasks
    assert run_task(task).number("value_1").contains(exp(3) / 3 - 1)


def test_equal_oscillators_have_the_algebraic_connectivity():
    """The Laplacian of M nodes, all coupled, has the eigenvalue M: 2 with 3/2 each, 4 with 6 each."""
    found = case("kuramoto")
    values = found.values({"graph": "tree", "nodes": 2, "frequencies": "1", "coupling": 3})
    assert found.symbolic(values).values["spectral abscissa of the locked state"] == -3
    values = found.values({"graph": "complete", "nodes": 4, "frequencies": "1", "coupling": 3, "scaling": "1/2"})
    assert found.symbolic(values).values["spectral abscissa of the locked state"] == -24


@pytest.mark.parametrize(
    ("multipliers", "power"),
    # u^-1 + u = 2 u^0 has no root above 1; 9^-p + 3^p + 3^-p = 3 gives u^2 - 2 u - 1 = 0; a zero: 2^p / 2 = 1
    [("1/9,3,1/3", 0.8022609), ("0,2", 1.0), ("1/4,-2", 0.6942419)],
)
def test_the_critical_power(multipliers, power):
    found = case("second-moment")
    values = found.values({"multipliers": multipliers})
    assert float(found.symbolic(values).values["critical power"]) == pytest.approx(power, rel=1e-6)
    assert (
        found.certified(values)
        .values["critical power"]
        .contains(found.symbolic(values).values["critical power"].evalf(40))
    )
