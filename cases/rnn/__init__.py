"""Recurrent networks x_{k+1} = A x_k + B tanh(x_{k-1}) + u: equilibria and their companion matrix."""
