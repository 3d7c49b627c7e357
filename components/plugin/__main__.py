"""Pulumi's engine runs this directory as a program: `python <this directory> <the engine's address>`."""

import sys
from pathlib import Path

# A directory that is run as a program does not know what it lies in: a checkout, or an environment's site-packages.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nodeyard.plugin.host import serve

serve()
