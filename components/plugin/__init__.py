"""Nodeyard as a Pulumi package: its components for programs in any language."""
