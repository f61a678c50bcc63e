"""Which verifier a service's settings ask for."""

from shared.auth.caller import Verifier
from shared.auth.oidc import OidcVerifier
from shared.auth.tokens import LocalVerifier
from shared.settings import ServiceSettings


def verifier_for(settings: ServiceSettings) -> Verifier:
    """The identity provider's where one is set, else the local keys, which are made if there are none."""
    if settings.oidc_issuer and settings.oidc_audience:
        return OidcVerifier(settings.oidc_issuer, settings.oidc_audience)
    return LocalVerifier(settings.keys_dir)
