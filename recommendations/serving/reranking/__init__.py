"""Putting candidates into the order in which they are shown."""
