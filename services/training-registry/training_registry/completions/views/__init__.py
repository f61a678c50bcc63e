"""What can be read of completions: one or many of them, their history, and what was known of them at an instant."""

from training_registry.completions.views.known import completions_known as completions_known
