"""The loss as a time series at a very large learning rate: autocorrelation and exponents, with null models."""
