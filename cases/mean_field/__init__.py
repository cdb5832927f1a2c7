"""Mean-field limits: Dobrushin's estimate of the Wasserstein distance of two solutions, and when it is an equality."""
