"""The same examples on every run (`make soundness` is where new ones are drawn), one BLAS thread a worker, and what
XLA has compiled once is compiled."""

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


def pytest_configure(config):
    """Workers, the programs that tests start, and the next run find compiled functions in pytest's cache folder."""
    if hasattr(config, "cache") and "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(config.cache.mkdir("compiled")))
        # JAX itself would keep only what took a second
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


@pytest.fixture
def rng():
    """Random numbers that are the same on every run."""
    return np.random.default_rng(20240611)
