"""training-registry: which officer may serve where, under what agreement and training, and what officers do."""
