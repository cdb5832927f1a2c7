"""One step of Lohner's sets against exact linear algebra, in the coordinates of the frame."""

import flint
import numpy as np
import pytest

from certify.flow.doubleton import Doubleton
from certify.flow.series import working
from certify.flow.taylor import identity
from certify.flow.validated_step import ValidatedStep

N = 3


def exact(array):
    return (
        flint.arb_mat(len(array), array.shape[1], [float(x) for x in np.round(array * 2**20).flat])
        * flint.arb(2) ** -20
    )


def ball_matrix(middle, radius):
    return middle + flint.arb_mat(middle.nrows(), middle.ncols(), [flint.arb(0, radius)] * len(middle.entries()))


def overlap(x, y):
    return all(a.overlaps(b) for a, b in zip(x.entries(), y.entries(), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_states_and_derivatives_are_carried_along(seed):
    """x = c + C r0 + B r goes to Phi(c) + J (x - c), for any J in the ball: solved for r in the new frame."""
    random = np.random.default_rng(seed)
    with working(160, 2):
        center, spread, frame, slope = (exact(random.normal(size=(N, k))) for k in (1, N, N, N))
        initial = exact(random.normal(size=(N, 1)))
        error = exact(random.normal(size=(N, 1)))
        old = Doubleton(center, spread, initial, frame, error, identity(N), exact(random.normal(size=(N, N))))
        signs = exact(random.choice([-0.125, 0.125], size=(N, N)))
        derivative, inside = ball_matrix(slope, 0.125), slope + signs
        value = exact(random.normal(size=(N, 1)))
        new = old.advanced(ValidatedStep(value, derivative, [], 0.0, 0.0))
        moved = value + inside * (spread * initial + frame * error)
        needed = new.frame.inv() * (moved - new.center - new.spread * new.initial)
        assert overlap(needed, new.error)
        slopes = inside * (old.derivative_center + frame * old.derivative_error)
        assert overlap(new.frame.inv() * (slopes - new.derivative_center), new.derivative_error)


@pytest.mark.parametrize("seed", range(5))
def test_the_inverse_of_a_float_frame_is_not_its_transpose(seed):
    """With exact data the error is a point, known to 1e-40; the transposed frame misses it by 1e-16."""
    random = np.random.default_rng(seed)
    with working(160, 2):
        zero = flint.arb_mat(N, 1)
        slope, frame, error = (exact(random.normal(size=(N, k))) for k in (N, N, 1))
        old = Doubleton(zero, identity(N), zero, frame, error, identity(N), flint.arb_mat(N, N))
        new = old.advanced(ValidatedStep(zero, slope, [], 0.0, 0.0))
        assert overlap(new.frame.inv() * (slope * (frame * error)), new.error)
        assert max(float(x.rad()) for x in new.error.entries()) < 1e-40


def test_the_hull_holds_the_centre_and_the_corners():
    box = [flint.arb(1, 0.25), flint.arb(-2, 0.5)]
    found = Doubleton.of_box(box)
    assert all(x.contains(y) for x, y in zip(found.box(), box, strict=True))
    assert found.derivative() == identity(2)
