"""The two errors that a user can cause."""


class InputError(ValueError):
    """The input cannot be worked on: the message says what was wrong, the value seen, and the way out."""


class CertificateError(Exception):
    """A certificate is damaged, or does not prove what it claims: the message says where and why."""
