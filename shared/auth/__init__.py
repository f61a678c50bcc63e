"""Who is asking, and what their role may do: bearer tokens in, a `Caller` out, one table of permissions."""

from shared.auth.caller import Caller, Role, Verifier
from shared.auth.permissions import PERMISSIONS, Permission

__all__ = ["PERMISSIONS", "Caller", "Permission", "Role", "Verifier"]
