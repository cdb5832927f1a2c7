"""The version of the installed package."""

from importlib import metadata


def version() -> str:
    """The version, such as "0.1.0"; "not installed" where the folder is used without an installation."""
    try:
        return metadata.version("stabproof")
    except metadata.PackageNotFoundError:
        return "not installed"
