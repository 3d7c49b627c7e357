"""A chain, its nodes and their machines in simulated time, with faults. A run is what its seed says, and nothing else.

The managers in it are the real ones: only the clock, the process, nodeos, the API server and the network are simulated.
"""
