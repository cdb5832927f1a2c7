"""Dense residual networks h_{l+1} = h_l + f(h_l, ..., h_0): linear memory of earlier layers, and how fast it grows."""
