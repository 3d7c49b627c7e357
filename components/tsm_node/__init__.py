"""TSMNode: one player of Blockdaemon's Builder Vault on any platform."""
