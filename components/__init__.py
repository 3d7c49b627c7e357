"""Nodeyard's reusable component resources."""

__version__ = "0.1.0"
