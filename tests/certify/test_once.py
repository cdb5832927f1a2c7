"""What is computed once: only inside of the block, only for the same ball, and its work is counted each time."""

import numpy as np

from certify.arithmetic import Ball
from certify.effort import charge, counting
from certify.once import computed_once, once

CALLS = []


def doubled(x):
    CALLS.append(x)
    charge("steps", 7)
    return x * 2.0


def test_only_inside():
    CALLS.clear()
    x = Ball(np.array([1.0, 2.0]), np.array([0.0, 0.5]))
    once(doubled, x)
    once(doubled, x)
    assert len(CALLS) == 2
    with computed_once():
        assert once(doubled, x) is once(doubled, Ball(x.mid.copy(), x.rad.copy()))
    once(doubled, x)
    assert len(CALLS) == 4


def test_another_ball_is_computed_anew():
    CALLS.clear()
    x = Ball(np.array([1.0]), np.array([0.5]))
    with computed_once():
        results = [once(doubled, y) for y in (x, Ball(x.mid, x.rad * 0.5), Ball(x.mid * 2, x.rad), x)]
    assert len(CALLS) == 3
    assert [float(r.rad[0]) >= wanted for r, wanted in zip(results, (1.0, 0.5, 1.0, 1.0), strict=True)] == [True] * 4
    assert results[3] is results[0]


def test_work_is_counted_each_time():
    x = Ball.exact(np.array([1.0]))
    with counting() as effort, computed_once():
        once(doubled, x)
        once(doubled, x)
    assert effort.counts["steps"] == 14
