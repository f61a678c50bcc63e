"""What can be done to agreements: written, signed, ended, and told of when a day brings something."""

from training_registry.agreements.operations.turning import announce_turns

__all__ = ["announce_turns"]
