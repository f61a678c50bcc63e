"""What everybody can read of an issuer: his profile, his keys, and his lists of what is revoked."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from training_registry.credentials.examples import JWK, PROFILE, STATUS_LIST

_Context = Annotated[list[str], Field(alias="@context")]


class JwkView(BaseModel):
    """The public part of a key (RFC 8037)."""

    model_config = ConfigDict(json_schema_extra={"examples": [JWK]})

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str = Field(description="The address of this key, as the header of what it signed names it.")
    alg: Literal["EdDSA"]
    use: Literal["sig"]


class JwkSet(BaseModel):
    """Keys, the one that signs now first (RFC 7517)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"keys": [JWK]}]})

    keys: list[JwkView]


class VerificationMethod(BaseModel):
    """A key as Controlled Identifiers 1.0 writes it."""

    id: str
    type: Literal["JsonWebKey"]
    controller: str
    public_key_jwk: JwkView = Field(alias="publicKeyJwk")


class IssuerProfile(BaseModel):
    """A district as the issuer of credentials (Open Badges 3.0, `Profile`), with its keys."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROFILE]})

    context: _Context
    id: str
    type: list[Literal["Profile"]]
    name: str = Field(description="The district's id.")
    verification_method: list[VerificationMethod] = Field(alias="verificationMethod")
    assertion_method: list[str] = Field(alias="assertionMethod", description="Which of them sign credentials: all.")


class StatusListSubject(BaseModel):
    """The list itself."""

    id: str
    type: Literal["BitstringStatusList"]
    status_purpose: Literal["revocation"] = Field(alias="statusPurpose")
    encoded_list: str = Field(
        alias="encodedList", description="131,072 bits or more, compressed, in base64url behind a `u`; 1 is revoked."
    )


class StatusListView(BaseModel):
    """What a status list says (Bitstring Status List 1.0); the proof is with the signed text only."""

    model_config = ConfigDict(json_schema_extra={"examples": [STATUS_LIST]})

    context: _Context
    id: str
    type: list[str]
    issuer: str
    valid_from: datetime = Field(alias="validFrom")
    valid_until: datetime = Field(alias="validUntil", description="Ask again by then: a copy says nothing later.")
    subject: StatusListSubject = Field(alias="credentialSubject")


class SigningKeyView(BaseModel):
    """The key that signs now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kid": JWK["kid"], "made_at": "2026-11-26T14:05:00Z"}]})

    kid: str = Field(description="Its address.")
    made_at: datetime
