"""nodeos itself: its process, its configuration and keys, and what is asked of it."""
