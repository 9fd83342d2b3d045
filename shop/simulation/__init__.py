"""Seeded visitors who browse, search, see slates, click by position and taste, and buy."""
