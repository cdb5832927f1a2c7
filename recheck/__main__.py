"""`python -m recheck FILE`: exit code 0 confirmed, 1 refused, 2 bad input, 3 not covered."""

from recheck.cli import main

raise SystemExit(main())
