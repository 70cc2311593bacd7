"""This platform among the others, made from the services."""

from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey

from yidan.exchange.pint import wire
from yidan.exchange.pint.actions.signers import Here
from yidan.ports import Services

REGISTRY_PATH: Final = "/v1/ebl-registry"
"""Below the public URL: what an envelope names as `controlTrackingRegistry` to be tracked here."""


def here(services: Services) -> Here:
    """This platform's code, signing key, blobs and registry."""
    key = services.keys["pint"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Here(
        code=services.settings.ebl_platform,
        signer=wire.Signer(ECKey.import_key(key)),
        blobs=services.blobs,
        registry=services.settings.public_url + REGISTRY_PATH,
    )
