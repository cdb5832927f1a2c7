"""The two errors that a user can cause."""


class InputError(ValueError):
    """The input cannot be worked on: the message says what was wrong, the value seen, and the way out."""


class CertificateError(Exception):
    """A certificate is damaged, or does not prove what it claims: the message says where and why."""


def type_of(value: object) -> str:
    """What a value is, for a sentence about it: "None", "an int", "a list"."""
    name = type(value).__name__
    if value is None:
        return "None"
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
