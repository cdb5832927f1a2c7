"""The same examples on every run (`make soundness` is where new ones are drawn), and one BLAS thread a worker."""

import os

import numpy as np
import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

settings.register_profile("repeatable", derandomize=True)
if settings.get_current_profile_name() == "default":
    settings.load_profile("repeatable")

# workers side by side would share the cores with one another's threads; what they start inherits the variable
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    threadpool_limits(int(os.environ["OPENBLAS_NUM_THREADS"]), user_api="blas")


@pytest.fixture
def rng():
    """Random numbers that are the same on every run."""
    return np.random.default_rng(20240611)
