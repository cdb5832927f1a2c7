"""Phi = t1 t2 + t3 x on the inputs 1 and -1 under SGD: gradients of equal length, an exact stability condition."""
