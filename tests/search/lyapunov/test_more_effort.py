"""More effort on directions goes on from what was found before; slow engines wait while others serve."""

import math

import numpy as np
import pytest

from certify.lyapunov.families.family import matrix_family
from search.lyapunov import driver
from search.lyapunov.directions import face_functions

MATRICES = np.array([[[2.0, 1, 0], [0, 1, 1], [1, 0, 1]], [[1.0, 0, 1], [1, 2, 0], [0, 1, 1]]])


def test_the_frame_is_sought_once_and_cells_are_kept(monkeypatch):
    sought = []
    monkeypatch.setattr(
        face_functions, "best_frame", lambda family, deadline: sought.append(family) or {"frame": np.zeros((0, 0))}
    )
    family = matrix_family(MATRICES, None)
    first = face_functions.propose_in_frame(family, 250, math.inf)
    second = face_functions.propose_in_frame(family, 320, math.inf)
    assert len(sought) == 1
    assert len(first["values"]) < len(second["values"])
    widths = [face_functions.prove_cells(family, witness).width for witness in (first, second)]
    assert widths[1] <= widths[0]
    face_functions.propose_in_frame(matrix_family(MATRICES, None), 200, math.inf)
    assert len(sought) == 2


@pytest.mark.parametrize(("tolerance", "tried"), [(1e-3, False), (None, True)])
def test_bounds_for_singular_matrices_wait_where_others_are_finite(tolerance, tried):
    search = driver._Search(matrix_family(MATRICES, None), tolerance, 60.0, None)
    assert not search._can_wait("moment_function")
    search.total = driver.Enclosure(0.0, 1.0)
    assert search._can_wait("moment_function") is (not tried)
    assert not search._can_wait("half_sphere")
