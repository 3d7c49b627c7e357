"""A Metis sequencer: its keys, its sync gates, and snapshots of its disks."""
