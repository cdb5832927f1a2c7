"""How an optimiser of optax rests: proposals."""
