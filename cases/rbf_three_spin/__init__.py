"""Exponential units on the sphere that learn a 3-spin function: losses at growing n, the printed sign, equilibria."""
