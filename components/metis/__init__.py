"""What every Metis node has in common, a sequencer or not: the networks, and the processes l2geth and l1dtl."""
