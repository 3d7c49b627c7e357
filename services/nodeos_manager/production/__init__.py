"""Who produces: the right, its proof, and what pauses and resumes nodeos by it."""
