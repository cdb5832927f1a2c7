"""Bounded confidence: opinions attract each other only while they are close, and end in clusters."""
