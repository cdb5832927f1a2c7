"""Finite network exponents of training at the edge of stability: their distribution, and one of them proved."""
