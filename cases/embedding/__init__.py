"""Universal embedding: any function of d inputs and q outputs is a neural differential equation in d + q dimensions."""
