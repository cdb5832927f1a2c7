"""Residual networks h_{l+1} = h_l + (T/L) f(h_l): Euler steps of a differential equation, and invertible layers."""
