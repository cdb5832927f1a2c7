"""The kit's own tests prove everything anew, and do not count."""

import pytest

from stabproof.testing.session import Session, activated


@pytest.fixture(autouse=True)
def fresh_session():
    """A session without kept certificates and budget."""
    with activated(Session()) as session:
        yield session
