"""SGD with batches: A_S = I - (eta/B) E_S K, from single examples to gradient descent."""
