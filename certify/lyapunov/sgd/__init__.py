"""Bounds for SGD from the Gram matrix alone, without a list of the batches, and certified ranges of learning rates."""
