"""`nodeyard mantis`: a network's nodes, one by one and together."""
