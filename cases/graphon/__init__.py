"""Graph limits: the top eigenvalue of a graphon, enclosed by that of its discretisation, and Nystrom's estimate."""
