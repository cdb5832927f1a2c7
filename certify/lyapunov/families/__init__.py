"""Families of random matrices: lists with probabilities, and SGD's linearised updates, exact or in ball arithmetic."""
