"""Systems from the literature, one file each."""
