"""The loss of a shallow network as an interaction potential: F, K, the expansion and the gradient flow, three ways."""
