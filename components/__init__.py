"""Nodeyard's reusable component resources."""
