"""A 4-10-3 sigmoid network trained on Iris by full-batch gradient descent, at three learning rates."""
