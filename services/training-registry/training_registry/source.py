"""Under which name this service announces events."""

SOURCE = "training-registry"
