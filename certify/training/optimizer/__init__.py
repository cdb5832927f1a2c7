"""Any optimiser of optax: its update as a program, its behaviour at rest, and the curvatures at which it is stable."""
