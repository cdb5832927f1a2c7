"""The Morse class of scalar networks: an exact family, a random network, and a wide one."""
