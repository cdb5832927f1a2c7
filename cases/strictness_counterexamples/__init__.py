"""Where statements about overparameterised losses fail: critical points off the zero set, and singular zero sets."""
