"""stabproof proves dynamical statements about learning systems."""
