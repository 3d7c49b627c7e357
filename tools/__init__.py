"""What developers of this repository run, by `make`."""
