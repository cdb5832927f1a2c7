"""optax against the stability thresholds of its papers; each planted fault must be found by some property.

Thresholds for a quadratic of curvature l: gradient descent 2 / l; heavy ball v' = b v + g: 2 (1 + b) / l [Polyak 1964];
Nesterov's form z^2 - (1 + b)(1 - eta l) z + b (1 - eta l) has the root -1 at eta l = 2 (1 + b) / (1 + 2 b).
"""

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from stabproof.testing import assert_stable, assert_unstable, strategies

optax = pytest.importorskip("optax", reason="the suite tests optax")

PROOFS = settings(
    deadline=None, max_examples=3, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)  # fmt: skip
SIDES = strategies.learning_rates(1, closest=2.0**-4)


def changes_at(sgd, multiple, **settings_of_sgd):
    """The optimiser's verdict changes at `multiple` times the critical rate of gradient descent."""

    @PROOFS
    @given(strategies.polynomial_problems(max_examples=1, max_width=1), SIDES)
    def check(known, factor):
        rate = multiple * float(known.critical_learning_rate) * factor.value
        (assert_stable if factor.is_below else assert_unstable)(known.problem, sgd(rate, **settings_of_sgd))

    check()


PROPERTIES = {
    "descent": lambda sgd: changes_at(sgd, 1.0),
    "heavy ball": lambda sgd: changes_at(sgd, 1.5, momentum=0.5),
    "nesterov": lambda sgd: changes_at(sgd, 0.75, momentum=0.5, nesterov=True),
}

FAULTS = {
    "the rate is doubled": lambda rate, **more: optax.sgd(2 * rate, **more),
    "it climbs": lambda rate, **more: optax.chain(optax.sgd(rate, **more), optax.scale(-1.0)),
    "momentum is forgotten": lambda rate, momentum=None, nesterov=False: optax.sgd(rate),
    "nesterov is heavy ball": lambda rate, momentum=None, nesterov=False: optax.sgd(rate, momentum),
    "momentum is damped": lambda rate, momentum=0.0, nesterov=False: optax.chain(
        optax.scale(1 - (momentum or 0.0)), optax.sgd(rate, momentum, nesterov)
    ),
}


@pytest.mark.parametrize("name", PROPERTIES)
def test_optax_keeps_what_the_papers_prove(name):
    PROPERTIES[name](optax.sgd)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault):
    found = []
    for name, check in PROPERTIES.items():
        try:
            check(FAULTS[fault])
        except AssertionError:
            found.append(name)
            break
    assert found, f"no property notices that {fault}"


def test_every_alias_keeps_the_structure_of_its_state():
    @settings(deadline=None, max_examples=25, derandomize=True, database=None)
    @given(strategies.optimizers())
    def check(optimizer):
        params = {"w": np.array([1.0, -2.0]), "b": np.array([0.5])}
        state = optimizer.init(params)
        updates, following = optimizer.update(params, state, params)
        assert jax.tree.structure(following) == jax.tree.structure(state)
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(updates))

    check()
