"""What can be read of agreements; what other nouns ask for is named here."""

from training_registry.agreements.views.finding import agreements_known

__all__ = ["agreements_known"]
