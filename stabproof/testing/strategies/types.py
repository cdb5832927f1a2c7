"""What Hypothesis draws for an argument that is annotated with a type of stabproof."""

from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from stabproof.testing.strategies.ball_arrays import balls, enclosures
from stabproof.testing.strategies.general import defective_matrices, non_normal_matrices
from stabproof.testing.strategies.known import KnownMatrix
from stabproof.testing.strategies.symmetric import symmetric_matrices


def register_arrays() -> None:
    """Tell `hypothesis.strategies.from_type` how to draw enclosures, balls and known matrices."""
    shapes = st.lists(st.integers(1, 3), max_size=2).map(tuple)
    st.register_type_strategy(Enclosure, enclosures().map(lambda known: known.enclosure))
    st.register_type_strategy(Ball, shapes.flatmap(balls).map(lambda known: known.ball))
    st.register_type_strategy(KnownMatrix, symmetric_matrices() | non_normal_matrices() | defective_matrices())


def register_networks() -> None:
    """The same for problems and optimisers; imports JAX."""
    from numeric import SGD, Adam, GradientDescent, HeavyBall, Nesterov, Regression
    from stabproof.testing.strategies.known import KnownMinimum
    from stabproof.testing.strategies.networks import interpolating_problems

    rates, momenta = st.integers(-12, 0).map(lambda k: 2.0**k), st.sampled_from([0.0, 0.5, 0.9, 0.99])
    st.register_type_strategy(KnownMinimum, interpolating_problems())
    st.register_type_strategy(Regression, interpolating_problems().map(lambda known: known.problem))
    st.register_type_strategy(GradientDescent, st.builds(GradientDescent, rates))
    st.register_type_strategy(HeavyBall, st.builds(HeavyBall, rates, momenta))
    st.register_type_strategy(Nesterov, st.builds(Nesterov, rates, momenta))
    st.register_type_strategy(SGD, st.builds(SGD, rates, st.integers(1, 4), momenta))
    st.register_type_strategy(Adam, st.builds(Adam, rates))
