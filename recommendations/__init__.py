"""Recommendations for any Django shop: from its own orders and behaviour to lists on its pages."""

__version__ = "0.1.0"
