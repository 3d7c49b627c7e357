"""Ordinals as real processes, in real time: managers, their nodeos, and a chain that counts who signed what.

The managers are the real ones, and so are the signals that hit them. nodeos is `nodeos_program.py`. What lies between
two of them is `way.py`, which a fault closes or cuts.
"""
