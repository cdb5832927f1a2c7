"""What pytest must know of stabproof even under `-p no:stabproof`: the marker, the options, Hypothesis's profile."""

import sys

import pytest

from stabproof.testing.marker import MARKER

PROFILE = "stabproof"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("stabproof", "proofs in tests")
    group.addoption(
        "--certificates",
        metavar="DIR",
        default=None,
        help="take certificates from this folder of the project; one that does not prove what it says fails the run",
    )
    group.addoption(
        "--update-certificates", action="store_true", help="prove everything anew and write to --certificates=DIR"
    )
    group.addoption(
        "--undecided",
        choices=("fail", "skip", "xfail"),
        default="fail",
        help="what a test is that ends with an undecided proof (default: fail)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    asked = getattr(config.option, "hypothesis_profile", None) == PROFILE
    if asked or "hypothesis" in sys.modules:
        register_profile()


def register_profile() -> None:
    """Hypothesis's settings for proofs: no deadline, because the first proof of a network compiles it; 25 examples."""
    try:
        from hypothesis import settings
    except ModuleNotFoundError:
        return
    settings.register_profile(PROFILE, deadline=None, max_examples=25)
