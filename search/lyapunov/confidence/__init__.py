"""Plans of the samples behind confidence bounds."""
