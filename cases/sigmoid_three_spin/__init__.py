"""Sigmoid networks that learn a 3-spin function by stochastic gradient descent: error against n, with local slopes."""
