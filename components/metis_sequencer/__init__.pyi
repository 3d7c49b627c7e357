from .args import MetisSequencerArgs as MetisSequencerArgs
from .component import MetisSequencer as MetisSequencer
