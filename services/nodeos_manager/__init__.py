"""Runs one nodeos, and decides with its fellows which one of them produces blocks.

The chain it speaks of is an Antelope chain: EOS, Jungle, or a private one. Everything that waits does so by a `Clock`
that is given, so that the tests run the same code in simulated time.
"""

__version__ = "0.1.0"
