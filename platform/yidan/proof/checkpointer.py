"""Sign the log's size and root at a fixed cadence and have the witnesses cosign (LEDGER 6).

A checkpoint is stored before anybody sees it. Each witness signs twice: Ed25519 for people who
verify offline, BLS for the one aggregate that goes to the chain. A witness that has seen a larger
log than this one means that the log was rolled back: nothing is signed any more and releases
stop.

Whom to ask, and with which key to sign, is said by the policy of the checkpoint's size: a
succession that was applied takes effect by itself when the log has grown past the size in it.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx
import structlog
from sqlalchemy import Connection

from ledger import aggregate, merkle
from ledger import checkpoint as checkpoints
from ledger import policy as policies
from ledger.checkpoint import Checkpoint
from ledger.note import Note, Signature
from ledger.policy import Policy, PolicyError, Witness
from ledger.succession_files import TrustReader
from ledger.witness.client import Cosigned, WitnessAheadError, WitnessError, WitnessForkError, ask
from yidan.ports import Services
from yidan.proof import setup
from yidan.proof.stopping import is_frozen, stop
from yidan.store import ledger_state, log
from yidan.store.engine import database_now, reading, writing

logger = structlog.get_logger()

OLDER: Final = "this database is an older copy, restore the newest backup"
"""The way out of a log that the witnesses have seen longer."""


class Checkpointer:
    """Makes checkpoints of one log and collects their cosignatures."""

    def __init__(self, services: Services, http: httpx.Client) -> None:
        self._services = services
        self._origin = services.settings.log_origin
        self._trust = TrustReader(setup.policy_path(services.settings))
        self._http = http
        self._seen: dict[str, int] = {}
        """Size each witness cosigned last, as far as known."""
        self._last: log.Checkpoint | None = None
        """What this process signed or saw last: the database beneath it may become an older one."""

    def checkpoint(self) -> log.Checkpoint | None:
        """Sign the log as it stands, unless that is done, and ask for missing cosignatures."""
        with reading(self._services.engine) as connection:
            why = ledger_state.releases_stopped(connection)
            if why and not is_frozen(why):
                return None
            size = log.size(connection)
            latest = log.latest_checkpoint(connection)
            kept = latest is None or _still_holds(connection, latest)
            goes_on = self._last is None or _still_holds(connection, self._last)
        if not kept:
            stop(self._services, "the log's tiles are not those of its latest checkpoint any more")
            return None
        if not goes_on:
            why = f"the log of {size} leaves does not go on from the one that was signed last"
            stop(self._services, f"{why}: {OLDER}")
            return None
        if size == 0:
            return None
        try:
            policy = self._policy_at(size)
        except PolicyError as error:
            stop(self._services, f"{error}, and {size} are there")
            return None
        if latest is None or latest.size < size:
            latest = self._sign(policy, size)
        self._last = latest
        return latest if _is_complete(policy, latest) else self._collect(policy, latest)

    def _policy_at(self, size: int) -> Policy:
        """The policy that speaks for a size.

        Raises:
            FileNotFoundError: there is none.
            PolicyError: the log was frozen at a smaller size.
        """
        trust = self._trust.current()
        if trust is None:
            raise FileNotFoundError(setup.policy_path(self._services.settings))
        return trust.at(self._origin, size)

    def _own(self, policy: Policy, body: Checkpoint) -> Signature:
        """The log's own line, by the key that the policy names."""
        key = setup.signing_key(self._services.settings, policy, self._origin)
        return checkpoints.sign(body, key)

    def _sign(self, policy: Policy, size: int) -> log.Checkpoint:
        with writing(self._services.engine) as connection:
            root = merkle.root_at(log.DatabaseTiles(connection), size)
            body = Checkpoint(self._origin, size, root)
            note = Note(body.body(), (self._own(policy, body),))
            signed = log.Checkpoint(
                size=size,
                root=root,
                signed_at=database_now(connection),
                note=note.encode(),
                bls_aggregate=b"",
                bls_signers="",
                cosigned_at=None,
            )
            log.store_checkpoint(connection, signed)
        return signed

    def is_newest(self) -> bool:
        """Whether enough witnesses to meet the policy have seen nothing beyond this log.

        They are shown the latest checkpoint again, or that of the empty log: nothing new is signed
        to find out. One that has seen more stops releases.
        """
        with reading(self._services.engine) as connection:
            latest = log.latest_checkpoint(connection)
        body = (
            Checkpoint(self._origin, latest.size, latest.root)
            if latest
            else Checkpoint(self._origin, 0, merkle.EMPTY_ROOT)
        )
        policy = self._policy_at(body.size)
        agreed = self._show(policy, body, self._services.clock.now())
        return policy.is_met_by(answer.witness.name for answer in agreed)

    def _show(self, policy: Policy, body: Checkpoint, now: datetime) -> list[Cosigned]:
        """Show a checkpoint to all witnesses at once; answer the cosignatures that came."""
        own, time = self._own(policy, body), int(now.timestamp())
        witnesses = [witness for witness in policy.witnesses if witness.url]
        with ThreadPoolExecutor(max_workers=max(1, len(witnesses))) as pool:
            asked = pool.map(lambda one: self._ask(policy, one, body, own, time), witnesses)
            return [answer for answer in asked if answer is not None]

    def _collect(self, policy: Policy, signed: log.Checkpoint) -> log.Checkpoint:
        body = Checkpoint(self._origin, signed.size, signed.root)
        now = self._services.clock.now()
        cosigned = self._show(policy, body, now)
        if not policy.is_met_by(answer.witness.name for answer in cosigned):
            return signed
        lines = (self._own(policy, body), *(answer.cosignature for answer in cosigned))
        note = Note(body.body(), lines).encode()
        complete = _aggregated(policy, replace(signed, note=note, cosigned_at=now), cosigned)
        self._keep(complete)
        return complete

    def _keep(self, complete: log.Checkpoint) -> None:
        with writing(self._services.engine) as connection:
            log.store_cosignatures(connection, complete)

    def _ask(
        self, policy: Policy, witness: Witness, body: Checkpoint, own: Signature, time: int
    ) -> Cosigned | None:
        try:
            answer = ask(
                self._http,
                policy,
                witness,
                body,
                own,
                proof_from=lambda size: self._proof(size, body.size),
                old_size=self._seen.get(witness.name, 0),
                time=time,
            )
        except WitnessAheadError as error:
            stop(self._services, f"witness {witness.name}: {error}: {OLDER}")
            return None
        except WitnessForkError as error:
            stop(self._services, f"witness {witness.name}: {error}")
            return None
        except WitnessError as error:
            logger.warning("witness did not cosign", witness=witness.name, why=str(error))
            return None
        self._seen[witness.name] = body.size
        return answer

    def _proof(self, old: int, new: int) -> list[bytes]:
        with reading(self._services.engine) as connection:
            return merkle.consistency_proof(log.DatabaseTiles(connection), min(old, new), new)


def _is_complete(policy: Policy, signed: log.Checkpoint) -> bool:
    """Meets the policy of its size, and has the aggregate for the chain, once a chain is named."""
    has_aggregate = bool(signed.bls_aggregate) or policy.chain is None
    if signed.cosigned_at is None or not has_aggregate:
        return False
    head, lines = checkpoints.parse_signed(signed.note)
    try:
        policies.check(policy, head, lines)
    except PolicyError:
        return False  # the old trust signed it before it handed over at a smaller size
    return True


def _aggregated(
    policy: Policy, signed: log.Checkpoint, cosigned: Sequence[Cosigned]
) -> log.Checkpoint:
    lines = {answer.witness.name: answer.bls for answer in cosigned if answer.bls}
    if not lines:
        return signed
    combined = aggregate.combine(policy, lines)
    return replace(
        signed,
        bls_aggregate=combined.signature,
        bls_signers=str(combined.signers_word),
    )


def _still_holds(connection: Connection, signed: log.Checkpoint) -> bool:
    """Whether the log still has the root that was signed: nothing is signed over a changed log."""
    if log.size(connection) < signed.size:
        return False
    return merkle.root_at(log.DatabaseTiles(connection), signed.size) == signed.root
