"""Searches: what looks for the witnesses with which `certify` proves. Nothing that is found here is believed."""
