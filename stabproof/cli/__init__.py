"""The command `stabproof`, one command a file.

Exit codes: 0 the statement asked for is proved (every certificate and verdict is STABLE or PROVED) and the views agree;
1 it is unstable, refuted or undecided, the views disagree or nothing could be compared; 2 bad input.
"""

from stabproof.cli.application import app, main

__all__ = ["app", "main"]
