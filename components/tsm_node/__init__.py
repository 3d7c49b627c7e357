"""TSMNode: one player of a Builder Vault MPC network on any platform."""
