"""Locked states in high precision: an independent Newton iteration with mpmath."""

import mpmath
import pytest


@pytest.fixture(scope="session")
def precise_state():
    """(tails, heads, strengths, frequencies, start, root) -> phases with the root's phase held, in 60 digits."""

    def solve(tails, heads, strengths, frequencies, start, root):
        with mpmath.workdps(60):
            n = len(frequencies)
            omega = [mpmath.mpf(w) for w in frequencies]
            mean = sum(omega) / n
            phases = [mpmath.mpf(x) for x in start]
            free = [i for i in range(n) if i != root]
            for _ in range(8):
                value = mpmath.matrix([omega[i] - mean for i in range(n)])
                slope = mpmath.zeros(n, n)
                for i, j, w in zip(tails.tolist(), heads.tolist(), strengths.tolist(), strict=True):
                    d = phases[j] - phases[i]
                    value[i] += w * mpmath.sin(d)
                    value[j] -= w * mpmath.sin(d)
                    c = w * mpmath.cos(d)
                    slope[i, i] -= c
                    slope[j, j] -= c
                    slope[i, j] += c
                    slope[j, i] += c
                reduced = mpmath.matrix([[slope[i, j] for j in free] for i in free])
                step = mpmath.lu_solve(reduced, -mpmath.matrix([value[i] for i in free]))
                for k, i in enumerate(free):
                    phases[i] += step[k]
            assert max(abs(x) for x in step) < mpmath.mpf(10) ** -45
            eigenvalues = sorted(mpmath.eigsy(slope, eigvals_only=True))
            return phases, [float(x) for x in eigenvalues]

    return solve
