"""Systems from the literature, one folder or file each: three views, known answers, errata."""

from cases import *  # noqa: F403
from cases import __all__  # noqa: F401
