"""What became of a stack's Helm releases, and the way back for one that is stuck or has lost objects."""
