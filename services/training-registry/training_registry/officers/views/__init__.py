"""What can be read of officers; what other nouns ask for is named here."""

from training_registry.officers.views.finding import ensure_officer_visible, list_officers, officers_known
from training_registry.officers.views.reaching import lock_officers, officers_seen_by

__all__ = ["ensure_officer_visible", "list_officers", "lock_officers", "officers_known", "officers_seen_by"]
