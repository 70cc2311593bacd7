"""First start of the ledger's parts: keys, witnesses, trust policy, contract (ARCHITECTURE 3).

The embedded form runs three witnesses on this machine. They keep the log from being rewritten
unnoticed by an accident, not by whoever runs all of them: the policy's operator lines say so, and
an installation that matters names witnesses of other parties.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import policy_file, succession_files
from ledger.chain.node.server import serve
from ledger.chain.signers import LocalSigner, RemoteSigner, Signer
from ledger.checkpoint import log_key as log_vkey
from ledger.note import public_key_bytes
from ledger.policy import ChainReference, Group, Log, Policy, Witness
from ledger.succession import History
from ledger.witness.keys import load_or_create
from ledger.witness.server import WitnessSettings
from yidan.config import Settings
from yidan.proof import keystores
from yidan.store import keys

QUORUM: Final = "two-of-three"
OPERATOR: Final = "this installation itself (embedded, not independent)"
GENESIS_BALANCE_WEI: Final = 10**27


class MissingKeyError(Exception):
    """A key that the trust policy or the contract names is not there."""


def policy_path(settings: Settings) -> Path:
    """Where this installation's trust policy lies."""
    return settings.var / "policy"


def log_key(settings: Settings) -> Ed25519PrivateKey:
    """The key that signs checkpoints."""
    return keys.ed25519(settings.var / "keys", "log")


def relayer_key(settings: Settings) -> bytes:
    """The secp256k1 key of the one sender, 32 bytes, kept as the settings say.

    Raises:
        keystores.KeystoreError: it is encrypted, and the passphrase is missing or another's.
    """
    return keystores.load_or_make(
        settings.var / "keys", "relayer", keystores.passphrase(settings.key_passphrase_file)
    )


def relayer(settings: Settings) -> Signer:
    """Who signs for the one sender: a key of ours, or a signer elsewhere."""
    if settings.signer_url:
        return RemoteSigner(settings.signer_url, settings.signer_address)
    return LocalSigner(relayer_key(settings))


def witness_settings(settings: Settings, number: int) -> WitnessSettings:
    """How embedded witness `number`, counted from 1, runs."""
    host, ports = "127.0.0.1", settings.witness_ports.split(",")
    return WitnessSettings(
        folder=settings.var / "witnesses" / str(number),
        name=f"{settings.log_origin}/witness-{number}",
        policy=policy_path(settings),
        host=host,
        port=int(ports[number - 1]),
    )


def read_trust(settings: Settings) -> History:
    """This installation's first trust policy and what followed from it.

    Raises:
        FileNotFoundError: there is none: run `yidan up` once, or write one.
        PolicyError: a file is malformed.
        SuccessionError: a step does not follow from the trust before it.
    """
    return succession_files.read(policy_path(settings))


def read_policy(settings: Settings) -> Policy:
    """This installation's newest trust policy; raises as `read_trust`."""
    return read_trust(settings).newest


def latest_of(trust: History, origin: str) -> Policy:
    """The newest policy that knows a log.

    Raises:
        MissingKeyError: none does.
    """
    for policy in reversed(trust.policies):
        if policy.find_log(origin) is not None:
            return policy
    raise MissingKeyError(f"the policy does not know {origin}")


def signing_key(settings: Settings, policy: Policy, origin: str) -> Ed25519PrivateKey:
    """The key that signs a log's checkpoints by a policy; after a rotation there are several.

    Raises:
        MissingKeyError: the policy's key is not here.
    """
    found, folder = policy.find_log(origin), settings.var / "keys"
    for path in sorted(folder.glob("log*")):
        key = keys.ed25519(folder, path.name)
        if found is not None and public_key_bytes(key) == found.key.public_key:
            return key
    raise MissingKeyError(f"{folder} lacks the key of {origin} that the policy names")


def prepare(settings: Settings) -> Policy:
    """Make keys and the embedded witnesses' policy at the first start; later just read it.

    Raises:
        MissingKeyError: the policy is of a key that is not there.
    """
    if policy_path(settings).exists():
        trust = read_trust(settings)
        _check_keys(settings, trust)
        return trust.newest
    witnesses = tuple(
        _witness(settings, number)
        for number in range(1, len(settings.witness_ports.split(",")) + 1)
    )
    policy = Policy(
        logs=(Log(log_vkey(settings.log_origin, log_key(settings))),),
        witnesses=witnesses,
        groups=(Group(QUORUM, 2, tuple(witness.name for witness in witnesses)),),
        quorum=QUORUM,
    )
    write_policy(settings, policy)
    return policy


def _check_keys(settings: Settings, trust: History) -> None:
    """Keys that others know are never made a second time, as after a restore without keys."""
    folder, lacking = settings.var / "keys", []
    try:
        signing_key(settings, latest_of(trust, settings.log_origin), settings.log_origin)
    except MissingKeyError:
        lacking.append("log (the key that the policy names)")
    policy = trust.newest
    sends_itself = policy.chain is not None and not settings.signer_url
    if sends_itself and not keystores.exists(folder, "relayer"):
        lacking.append("relayer")
    if lacking:
        raise MissingKeyError(f"{folder} lacks {', '.join(lacking)}: bring the same keys back")


def _witness(settings: Settings, number: int) -> Witness:
    own = witness_settings(settings, number)
    made = load_or_create(own.folder, own.name)
    return Witness(
        name=f"witness-{number}",
        key=made.vkey,
        url=f"http://{own.host}:{own.port}",
        operator=OPERATOR,
        bls=made.bls,
    )


def name_contract(settings: Settings, policy: Policy, contract: str) -> Policy:
    """Add the contract to the policy once it stands on the chain."""
    named = replace(policy, chain=ChainReference(settings.chain_id, contract.lower()))
    write_policy(settings, named)
    return named


def write_policy(settings: Settings, policy: Policy) -> None:
    """Write the policy durably, whole or not at all."""
    path = policy_path(settings)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(".policy.draft")
    with draft.open("wb") as file:
        file.write(policy_file.write(policy))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    keys.sync_folder(path.parent)


def serve_node(settings: Settings) -> None:
    """Run the embedded chain node; the relayer's account is funded in its first block."""
    address = bytes.fromhex(relayer(settings).address.removeprefix("0x"))
    serve(
        settings.var / "chain.db",
        "127.0.0.1",
        settings.node_port,
        {address: GENESIS_BALANCE_WEI},
        chain_id=settings.chain_id,
    )
