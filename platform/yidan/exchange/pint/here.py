"""This platform among the others, made from the services."""

from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey

from yidan.exchange.pint import signing
from yidan.exchange.pint.actions.signers import Here
from yidan.ports import Services

REGISTRY_PATH: Final = "/v1/ebl-registry"
"""Below the public URL: what an envelope names as `controlTrackingRegistry` to be tracked here."""


def here(services: Services) -> Here:
    """This platform's code, signing key, blobs and registry."""
    return Here(
        code=services.settings.ebl_platform,
        signer=signing.Signer(signing_key(services)),
        blobs=services.blobs,
        registry=services.settings.public_url + REGISTRY_PATH,
    )


def signing_key(services: Services) -> ECKey:
    """The key that signs in this platform's name."""
    key = services.keys["pint"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return ECKey.import_key(key)
