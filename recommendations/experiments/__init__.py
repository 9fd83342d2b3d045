"""Experiments on placements: who sees what, what came of it, and what that proves."""
