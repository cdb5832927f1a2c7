"""`python -m stabproof` is the command `stabproof`."""

from stabproof.cli import main

main()
