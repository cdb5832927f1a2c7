"""Bounds from test functions and cells of directions: Furstenberg's formula on the projective space."""
