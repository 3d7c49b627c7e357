"""MetisSequencer: a Metis sequencer on any platform."""

from .args import MetisSequencerArgs
from .component import MetisSequencer

__all__ = ["MetisSequencer", "MetisSequencerArgs"]
