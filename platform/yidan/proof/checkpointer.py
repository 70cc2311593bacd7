"""Sign the log's size and root at a fixed cadence and have the witnesses cosign (LEDGER 6).

A checkpoint is stored before anybody sees it. Each witness signs twice: Ed25519 for people who
verify offline, BLS for the one aggregate that goes to the chain. A witness that has seen a larger
log than this one means that the log was rolled back: nothing is signed any more and releases
stop.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from ledger import aggregate, merkle
from ledger import checkpoint as checkpoints
from ledger.checkpoint import Checkpoint
from ledger.note import Note
from ledger.policy import Policy, Witness
from ledger.witness.client import Cosigned, WitnessAheadError, WitnessError, WitnessForkError, ask
from yidan.ports import Services
from yidan.proof.stopping import stop
from yidan.store import ledger_state, log
from yidan.store.engine import database_now, reading, writing

logger = structlog.get_logger()

OLDER: Final = "this database is an older copy, restore the newest backup"
"""The way out of a log that the witnesses have seen longer."""


class Checkpointer:
    """Makes checkpoints of one log and collects their cosignatures."""

    def __init__(
        self, services: Services, key: Ed25519PrivateKey, policy: Policy, http: httpx.Client
    ) -> None:
        self._services = services
        self._key = key
        self._policy = policy
        self._http = http
        self._seen: dict[str, int] = {}
        """Size each witness cosigned last, as far as known."""

    def checkpoint(self) -> log.Checkpoint | None:
        """Sign the log as it stands, unless that is done, and ask for missing cosignatures."""
        with reading(self._services.engine) as connection:
            if ledger_state.releases_stopped(connection):
                return None
            size = log.size(connection)
            latest = log.latest_checkpoint(connection)
            kept = latest is None or _still_holds(connection, latest)
        if not kept:
            stop(self._services, "the log's tiles are not those of its latest checkpoint any more")
            return None
        if size == 0:
            return None
        if latest is None or latest.size < size:
            latest = self._sign(size)
        return latest if self._is_complete(latest) else self._collect(latest)

    def _is_complete(self, signed: log.Checkpoint) -> bool:
        """Cosigned, and with the aggregate for the chain, once a chain is named."""
        has_aggregate = bool(signed.bls_aggregate) or self._policy.chain is None
        return signed.cosigned_at is not None and has_aggregate

    def _sign(self, size: int) -> log.Checkpoint:
        with writing(self._services.engine) as connection:
            root = merkle.root_at(log.DatabaseTiles(connection), size)
            body = Checkpoint(self._services.settings.log_origin, size, root)
            note = Note(body.body(), (checkpoints.sign(body, self._key),))
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
            signed = log.latest_checkpoint(connection) or self._beginning(connection)
        agreed = self._show(signed, self._services.clock.now())
        return self._policy.is_met_by(answer.witness.name for answer in agreed)

    def _beginning(self, connection: Connection) -> log.Checkpoint:
        body = Checkpoint(self._services.settings.log_origin, 0, merkle.EMPTY_ROOT)
        note = Note(body.body(), (checkpoints.sign(body, self._key),))
        return log.Checkpoint(
            size=0,
            root=body.root,
            signed_at=database_now(connection),
            note=note.encode(),
            bls_aggregate=b"",
            bls_signers="",
            cosigned_at=None,
        )

    def _show(self, signed: log.Checkpoint, now: datetime) -> list[Cosigned]:
        """Show a checkpoint to all witnesses at once; answer the cosignatures that came."""
        body, _signatures = checkpoints.parse_signed(signed.note)
        time = int(now.timestamp())
        witnesses = [witness for witness in self._policy.witnesses if witness.url]
        with ThreadPoolExecutor(max_workers=max(1, len(witnesses))) as pool:
            asked = pool.map(lambda witness: self._ask(witness, body, signed, time), witnesses)
            return [answer for answer in asked if answer is not None]

    def _collect(self, signed: log.Checkpoint) -> log.Checkpoint:
        body, (own, *_others) = checkpoints.parse_signed(signed.note)
        now = self._services.clock.now()
        cosigned = self._show(signed, now)
        if not self._policy.is_met_by(answer.witness.name for answer in cosigned):
            return signed
        lines = (own, *(answer.cosignature for answer in cosigned))
        note = Note(body.body(), lines).encode()
        complete = self._aggregated(replace(signed, note=note, cosigned_at=now), cosigned)
        self._keep(complete)
        return complete

    def _aggregated(self, signed: log.Checkpoint, cosigned: Sequence[Cosigned]) -> log.Checkpoint:
        lines = {answer.witness.name: answer.bls for answer in cosigned if answer.bls}
        if not lines:
            return signed
        combined = aggregate.combine(self._policy, lines)
        return replace(
            signed,
            bls_aggregate=combined.signature,
            bls_signers=str(combined.signers_word),
        )

    def _keep(self, complete: log.Checkpoint) -> None:
        with writing(self._services.engine) as connection:
            log.store_cosignatures(connection, complete)

    def _ask(
        self, witness: Witness, body: Checkpoint, signed: log.Checkpoint, time: int
    ) -> Cosigned | None:
        _, (own, *_others) = checkpoints.parse_signed(signed.note)
        try:
            answer = ask(
                self._http,
                self._policy,
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


def _still_holds(connection: Connection, signed: log.Checkpoint) -> bool:
    """Whether the log still has the root that was signed: nothing is signed over a changed log."""
    return merkle.root_at(log.DatabaseTiles(connection), signed.size) == signed.root
