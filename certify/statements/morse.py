"""What certificates say."""

TEMPLATES = ()
