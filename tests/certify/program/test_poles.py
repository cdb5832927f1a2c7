"""Poles below bounded functions: sin(1/0) is no number, although sin of the whole line lies in [-1, 1]."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp
from certify.arithmetic import Ball
from certify.certificate import issue
from certify.morse.partition import EXCLUDED, pack
from certify.program import evaluate, trace
from certify.program.poles import defined_on
from foundation import CertificateError

# f > 0 wherever it has a value, and a point of [-1, 1] at which it has none
POLES = {
    "a quotient": (lambda x: 2 + jnp.sin(1 / x[0]), 0.0),
    "of an exact zero": (lambda x: 2 + jnp.sin(1 / (x[0] - x[0])), 0.5),
    "a negative power": (lambda x: 2 + jnp.cos((x[0] - 0.25) ** -3), 0.25),
    "a tangent": (lambda x: 2 + jnp.tanh(jnp.tan(2 * x[0])), np.pi / 4),
    "a logistic function": (lambda x: 0.5 + jax.nn.sigmoid(1 / (x[0] + 0.5)), -0.5),
    "a softmax": (lambda x: 0.5 + jax.nn.softmax(jnp.stack([1 / x[0], 0 * x[0]]))[1], 0.0),
    "a remainder": (lambda x: 2 + jax.lax.rem(1.0, x[0]), 0.0),
    "a sign": (lambda x: 2 + jnp.sign(1 / x[0]), 0.0),
    "a branch that is taken": (lambda x: 2 + jnp.sin(jnp.where(x[0] < 0.5, 1 / x[0], 1.0)), 0.0),
    "a norm": (lambda x: 2 + (x / jnp.linalg.norm(x))[0], 0.0),
}
# the pole stands in a branch that is not taken, or outside of the box, or is none
DEFINED = {
    "a guarded quotient": lambda x: jnp.where(
        jnp.abs(x[0]) < 0.5, 1.0, jnp.sin(x[0]) / jnp.where(x[0] == 0, 1.0, x[0])
    ),
    "an unguarded one": lambda x: 2 + jnp.sin(jnp.where(x[0] < 2, x[0], 1 / x[0])),
    "a divisor above 0": lambda x: 2 + jnp.sin(1 / (x[0] + 1.5)),
    "an overflow": lambda x: 2 + jnp.sin(jnp.exp(400 * (x[0] + 3))),
    "a jump": lambda x: 2 + jnp.floor(x[0]) + jnp.abs(x[0]),
}
PROGRAMS = {name: trace(f, np.array([0.75])) for name, (f, _) in POLES.items()}


@pytest.mark.parametrize("name", POLES)
def test_a_box_with_a_pole_has_points_without_a_value(name):
    place = POLES[name][1]
    boxes = Ball(np.array([[place], [0.875]]), np.array([[2.0**-20], [2.0**-20]]))
    assert defined_on(PROGRAMS[name], boxes).tolist() == [False, name != "of an exact zero"]


@pytest.mark.parametrize("name", DEFINED)
def test_what_has_values_is_not_refused(name):
    program = trace(DEFINED[name], np.array([0.75]))
    with jax.enable_x64(True):
        values = [float(jax.jit(DEFINED[name])(jnp.array([x]))) for x in np.linspace(-1, 1, 9)]
    assert np.isfinite(values).all() or name == "an overflow"
    width = 0.25 if name == "a guarded quotient" else 1.0  # beyond 1/2 its divisor is 0 or x
    assert defined_on(program, Ball(np.array([[0.0]]), np.array([[width]]))).tolist() == [True]


@pytest.mark.parametrize("name", ["a quotient", "of an exact zero", "a tangent", "a branch that is taken"])
def test_no_inequality_is_proved_at_a_pole(name):
    found = sp.certify_inequality(POLES[name][0], [(-1.0, 1.0)], budget=1.0, most_boxes=200)
    assert found.verdict is sp.Verdict.UNDECIDED
    if name == "a quotient":
        boxes = found.attachments["undecided_boxes"][:, 0]
        assert ((boxes[:, 0] <= 0) & (boxes[:, 1] >= 0)).any()
        assert np.abs(boxes).max() < 1e-9


def test_a_file_that_says_so_is_refused():
    """The subdivision of one part says that f > 0 on all of the box."""
    parts = {"parts": pack(np.array([EXCLUDED]))}
    box = {"lower": np.array([-1.0]), "upper": np.array([1.0])}
    honest = trace(DEFINED["a divisor above 0"], np.array([0.75]))
    assert issue("inequality", box | {"function": honest}, parts).verdict is sp.Verdict.PROVED
    for name in ("a quotient", "of an exact zero"):
        (value,) = evaluate(PROGRAMS[name], [Ball(np.zeros(1), np.ones(1))])
        assert value.lower > 0
        with pytest.raises(CertificateError, match="does not pass"):
            issue("inequality", box | {"function": PROGRAMS[name]}, parts)


# a negative value that no pole hides, at the pole 0
HIDDEN = {
    "a softmax": lambda x: jax.nn.softmax(jnp.stack([1 / x[0], x[0]]))[0] - 2,
    "a sign": lambda x: -1 - jnp.sign(1 / x[0]) ** 2,
    "an angle": lambda x: jnp.arctan2(1 / x[0], x[0]) - 5,
}


@pytest.mark.parametrize("name", HIDDEN)
def test_no_counterexample_where_there_is_no_value(name):
    box = {"lower": np.array([-1.0]), "upper": np.array([1.0])}
    at = np.array([0.75])
    inside, negative = trace(HIDDEN[name], at), trace(lambda x: 0 * x[0] - 1, at)
    where = trace(lambda x: jnp.stack([HIDDEN[name](x) + 9]), at)
    for point, refuted in ((0.0, False), (0.5, True)):
        witness = {"counterexample": np.array([point])}
        if refuted:
            assert issue("inequality", box | {"function": inside}, witness).verdict is sp.Verdict.REFUTED
        else:
            with pytest.raises(CertificateError, match="counterexample is not proved"):
                issue("inequality", box | {"function": inside}, witness)
    on_a_set = box | {"function": negative, "where": where}
    assert issue("inequality", on_a_set, {"counterexample": np.array([0.5])}).verdict is sp.Verdict.REFUTED
    with pytest.raises(CertificateError, match="counterexample is not proved"):
        issue("inequality", on_a_set, {"counterexample": np.array([0.0])})
