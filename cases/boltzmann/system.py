"""What the views of Boltzmann machines share: names of quantities."""

GAP, SECOND, ACTIVE, SILENT = "spectral gap", "second largest modulus", "mean active neurons", "P(all neurons 0)"
