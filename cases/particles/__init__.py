"""Neural networks as interacting particles."""
