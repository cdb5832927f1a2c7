"""The command `stabproof`, one command a file.

Exit codes: 0 proved stable, or the views agree, or the certificate holds; 1 unstable, refuted, undecided or in
disagreement; 2 bad input.
"""

from stabproof.cli.application import app, main

__all__ = ["app", "main"]
