"""From parties' instructions to the contract 指令上链: keys registered, batches relayed (LEDGER 8).

Every instruction is tried by `eth_call` before it is signed and sent; one that the contract would
refuse is refused here with the contract's own reason and goes no further. An instruction is in one
batch only: the batch is planned, its digests are kept and its errands closed in one transaction.
While releases are stopped only holds are sent (LEDGER 0.8). What one party's key cannot sign is set
aside for a while, with an alarm; the others go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from eth_utils.address import to_checksum_address
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ledger.chain import instructions, typed_data
from ledger.chain.client import ChainClient, ChainError, RefusedByContractError
from yidan.kernel.events import SYSTEM
from yidan.ports import Services, TitleCall
from yidan.proof import lag
from yidan.proof.keystores import KeystoreError
from yidan.proof.titles import calls
from yidan.proof.titles.telling import tell_orders
from yidan.proof.titles.vault import Vault
from yidan.release.titles import tables
from yidan.release.titles.actions.standing import KEY_REPLACED, sending_findings
from yidan.release.titles.events import Act, Custody, TitleConsented
from yidan.release.titles.recording import lock_titles, record_refusal
from yidan.release.titles.rules.instructing import InstructionState
from yidan.release.titles.tables import RELAY, Instruction, Party
from yidan.store import chain, events, following, ledger_state, outbox
from yidan.store.engine import database_now, reading, writing
from yidan.store.unit_of_work import UnitOfWork

log = structlog.get_logger()

REGISTER_GAS: Final = 200_000
EACH_GAS: Final = 255_000
"""What the contract demands to be left for each instruction of a batch."""
BASE_GAS: Final = 700_000
"""What a batch needs beside: its bytes, and what the others did."""
MOST_GAS: Final = 16_700_000
"""Below the 2^24 that one transaction may have."""
EXPIRED: Final = "InstructionExpired"
FAILED: Final = "CallFailed"
TOO_EARLY: Final = frozenset({"NoticeRunning", "ProposalOpen"})
"""Refusals that the next block may not give: what asks for time to have passed was asked for when,
by the platform's clock, it had."""
ALARM: Final = "title-age"
BROKEN: Final = "title-instruction"
SHUT: Final = "title-key"
AGAIN: Final = timedelta(seconds=30)
"""When what was set aside is tried again."""
WAITING: Final = 500
"""Errands looked at in one round."""


@dataclass(frozen=True)
class _Due:
    """An instruction that waits, and its errand; 0 where it is found without it."""

    errand: int
    asked: Instruction


@dataclass(frozen=True)
class _Ready:
    """An instruction that is complete, as the contract takes it."""

    asked: Instruction
    call: bytes
    signer: str
    signature: bytes
    typed: dict[str, Any]


class Relay:
    """Sends one contract what its parties asked for."""

    def __init__(
        self, services: Services, client: ChainClient, sender_address: str, contract: str
    ) -> None:
        self._services = services
        self._client = client
        self._sender = sender_address
        self._contract = str(to_checksum_address(contract))
        self._vault = Vault(services.settings)

    def plan(self) -> None:
        """Plan what is due: registrations, appointments, a batch of instructions, then orders.

        Raises:
            ChainUnavailableError: the chain does not answer; nothing is lost.
        """
        self._register()
        self._sign_consents()
        self._relay()
        tell_orders(self._services)

    # Keys and offices.

    def _register(self) -> None:
        with reading(self._services.engine) as connection:
            waiting = [
                party
                for party in tables.parties_without_key(connection)
                if chain.find(connection, f"party:{party.handle}") is None
            ]
            vacant = [
                (office.office, party.key)
                for office in tables.offices(connection)
                if not office.key and office.party_id
                if (party := tables.party_of(connection, office.party_id)) and party.key
                if chain.find(connection, f"appoint:{office.office}") is None
            ]
            standings = [
                party
                for party in tables.standings_waited_for(connection)
                if chain.find(connection, _standing(party)) is None
            ]
        for party in standings:
            act = "suspend" if party.wanted_suspended else "restore"
            evidence = bytes.fromhex(party.standing_evidence)
            data = instructions.call_data(act, party.handle, evidence)
            self._plan(_standing(party), "party", data, REGISTER_GAS)
        for party in waiting:
            try:
                proved = self._proved(party)
            except KeystoreError as error:
                lag.alarm(self._services, SHUT, str(error))
                continue
            if proved is not None:
                key, signature = proved
                data = instructions.call_data(
                    "register", party.handle, key, *instructions.compact(signature)
                )
                self._plan(f"party:{party.handle}", "party", data, REGISTER_GAS)
        for office, key in vacant:
            data = instructions.call_data("appoint", office, key)
            self._plan(f"appoint:{office}", "party", data, REGISTER_GAS)

    def _proved(self, party: Party) -> tuple[str, bytes] | None:
        """A party's key and the proof that it is held; None until an own one was proved."""
        if party.custody is Custody.OWN:
            return (party.wanted_key, bytes.fromhex(party.possession)) if party.possession else None
        key = self._vault.address(party.party_id)
        shown = typed_data.possession(self._chain_id, self._contract, handle=party.handle, key=key)
        return key, self._vault.sign(party, shown)

    @property
    def _chain_id(self) -> int:
        return self._services.settings.chain_id

    def _plan(self, key: str, kind: str, data: bytes, gas: int) -> None:
        with writing(self._services.engine) as connection:
            self._plan_in(connection, key, kind, data, gas, database_now(connection))

    def _plan_in(  # noqa: PLR0917 - one instruction, in the order of its columns
        self, connection: Connection, key: str, kind: str, data: bytes, gas: int, now: datetime
    ) -> None:
        chain.plan(
            connection,
            chain_id=self._chain_id,
            address=self._sender,
            key=key,
            kind=kind,
            payload={"to": self._contract, "data": data.hex(), "gas": gas},
            now=now,
        )

    # Consents of those whose keys the platform keeps, where the holder signs itself.

    def _sign_consents(self) -> None:
        with reading(self._services.engine) as connection:
            waiting = [
                (asked, party)
                for asked in tables.open_instructions(connection)
                if asked.state is InstructionState.AWAITING_SIGNATURE
                if asked.consent_of and not asked.consent
                if (party := tables.party_by_handle(connection, asked.consent_of)) is not None
            ]
        for asked, party in waiting:
            if not self._may_sign(_Due(0, asked)):
                continue
            try:
                signature = self._vault.sign(party, self._consent_data(asked)).hex()
            except KeystoreError as error:
                lag.alarm(self._services, SHUT, str(error))
                continue
            with self._services.unit_of_work(SYSTEM) as uow:
                uow.lock(f"title:{asked.title}")
                if _is_as_read(uow, asked):
                    happened = TitleConsented(
                        title=asked.title, instruction_id=asked.id, signature=signature
                    )
                    uow.record(f"title:{asked.title}", happened)
                    uow.commit()

    def _consent_data(self, asked: Instruction) -> dict[str, Any]:
        return calls.consent(
            self._chain_id, self._contract, _call(asked), asked.consent_of, asked.deadline
        )

    # Batches.

    def _relay(self) -> None:
        """Plan a batch of holds, then one of the rest; while releases are stopped, holds alone."""
        with reading(self._services.engine) as connection:
            now = database_now(connection)
            stopped = ledger_state.releases_stopped(connection) is not None
            holds = [
                asked
                for asked in tables.open_instructions(connection, act=Act.HOLD)
                if asked.state is InstructionState.READY
                if not following.was_relayed(connection, asked.id)
            ]
        self._batch([_Due(0, asked) for asked in holds], now)
        rest = [due for due in self._waiting(now) if due.asked.act is not Act.HOLD]
        self._batch([due for due in rest if not stopped or _is_late(due.asked, now)], now)

    def _waiting(self, now: datetime) -> list[_Due]:
        """What errands wait for; those that have nothing to do any more are closed."""
        with reading(self._services.engine) as connection:
            errands = outbox.pending(connection, RELAY, now=now, limit=WAITING)
            found = [(errand, _instruction_of(connection, errand)) for errand in errands]
            sent = {
                errand.id: asked is not None and following.was_relayed(connection, asked.id)
                for errand, asked in found
            }
        newest = {asked.id: errand.id for errand, asked in found if asked is not None}
        idle = [
            errand.id
            for errand, asked in found
            if asked is None
            or asked.state is not InstructionState.READY
            or sent[errand.id]
            or newest[asked.id] != errand.id
        ]
        if idle:
            with writing(self._services.engine) as connection:
                outbox.done(connection, idle, now=now)
        return [
            _Due(errand.id, asked) for errand, asked in found if asked and errand.id not in idle
        ]

    def _batch(self, waiting: Sequence[_Due], now: datetime) -> None:
        """Refuse what is too late, send the rest once it is a batch."""
        for each in waiting:
            if _is_late(each.asked, now):
                self._refuse(each, EXPIRED)
        due = [each for each in waiting if not _is_late(each.asked, now)]
        if due and self._is_batch(due, now):
            self._send(due)

    def _is_batch(self, due: Sequence[_Due], now: datetime) -> bool:
        """Whether enough wait, or the oldest has waited long enough."""
        settings = self._services.settings
        oldest = min(each.asked.instructed_at for each in due)
        aged = (now - oldest).total_seconds() >= settings.title_age_s
        return aged or len(due) >= min(settings.title_events, instructions.MOST_RELAYED)

    def _send(self, due: Sequence[_Due]) -> None:
        ready: list[tuple[_Due, _Ready]] = []
        for each in due:
            if len(ready) == instructions.MOST_RELAYED:
                break
            made = self._tried(each) if self._may_sign(each) else None
            if made is not None:
                ready.append((each, made))
        with self._services.unit_of_work(SYSTEM) as uow:
            lock_titles(uow, [made.asked.title for _, made in ready])
            still = [
                (each, made)
                for each, made in ready
                if _is_as_read(uow, made.asked) and not sending_findings(uow, made.asked)
            ]
            if still:
                self._plan_batch(uow, still)
            uow.commit()

    def _plan_batch(self, uow: UnitOfWork, ready: Sequence[tuple[_Due, _Ready]]) -> None:
        batch = [
            instructions.Signed(
                call=made.call,
                deadline=int(made.asked.deadline.timestamp()),
                signature=made.signature,
                sequence=0 if made.asked.nonce else made.asked.sequence,
                nonce=made.asked.nonce,
            )
            for _, made in ready
        ]
        key = f"relay:{ready[0][1].asked.id}"
        gas = min(MOST_GAS, BASE_GAS + EACH_GAS * len(batch))
        self._plan_in(uow.connection, key, "relay", instructions.relay(batch), gas, uow.now)
        digests = [(calls.digest(made.typed).hex(), made.asked.id) for _, made in ready]
        following.keep_relayed(uow.connection, key, digests)
        outbox.done(uow.connection, [each.errand for each, _ in ready], now=uow.now)

    def _may_sign(self, each: _Due) -> bool:
        """Whether who asked for it may still ask; else it is refused with the reason."""
        with self._services.unit_of_work(SYSTEM) as uow:
            lock_titles(uow, [each.asked.title])
            found = sending_findings(uow, each.asked)
        if found:
            self._refuse(each, found[0].code)
        return not found

    def _tried(self, each: _Due) -> _Ready | None:
        """An instruction signed and tried; None if it is refused, or fails alone."""
        try:
            made = self._made(each.asked)
            if self._signed_by(made) != made.signer:
                self._refuse(each, KEY_REPLACED.code)
                return None
            self._try(made)
        except RefusedByContractError as error:
            self._refuse(each, error.code or FAILED)
        except KeystoreError as error:
            self._set_aside(each, str(error))
        except (ChainError, OSError, SQLAlchemyError):
            raise
        except Exception as error:
            log.exception("an instruction on a title cannot be sent", id=each.asked.id)
            lag.alarm(self._services, BROKEN, f"{each.asked.id}: {type(error).__name__}: {error}")
            self._refuse(each, FAILED)
        else:
            return made
        return None

    def _try(self, made: _Ready) -> None:
        """Try a call on the newest block, which may be older than the moment that it waits for.

        Raises:
            RefusedByContractError: the contract would refuse it, and not for its clock alone.
        """
        try:
            self._client.call_raw(self._contract, made.call, sender=made.signer)
        except RefusedByContractError as error:
            if error.code not in TOO_EARLY:
                raise

    def _signed_by(self, made: _Ready) -> str:
        return self._services.titles.signer(made.typed, made.signature.hex())

    def _set_aside(self, each: _Due, why: str) -> None:
        """Try an instruction later, whose key does not open; holds are looked at in every round."""
        lag.alarm(self._services, SHUT, f"{each.asked.id}: {why}")
        with writing(self._services.engine) as connection:
            later = database_now(connection) + AGAIN
            outbox.postpone(connection, each.errand, not_before=later, error=why)

    def _made(self, asked: Instruction) -> _Ready:
        """The call with its signatures: the party's own, or by the key that is kept for it."""
        with reading(self._services.engine) as connection:
            signer = tables.party_by_handle(connection, asked.handle)
            other = tables.party_by_handle(connection, asked.consent_of)
        assert signer is not None  # noqa: S101 - an instruction names a known handle
        consent = bytes.fromhex(asked.consent)
        if asked.consent_of and not consent and other is not None:
            consent = self._vault.sign(other, self._consent_data(asked))
        call = calls.call_data(_call(asked), consent, asked.deadline)
        typed = calls.instruction(
            self._chain_id, self._contract, call, asked.sequence, asked.nonce, asked.deadline
        )
        signature = bytes.fromhex(asked.signature)
        if signer.custody is Custody.PLATFORM:
            signature = self._vault.sign(signer, typed)
        return _Ready(asked, call, signer.key, signature, typed)

    def _refuse(self, each: _Due, code: str) -> None:
        with self._services.unit_of_work(SYSTEM) as uow:
            uow.lock(f"title:{each.asked.title}")
            cursor = following.cursor(uow.connection, self._contract) or 0
            record_refusal(uow, each.asked, code, sent=False, block_number=cursor)
            outbox.done(uow.connection, [each.errand], now=uow.now)
            uow.commit()


def watch(services: Services) -> None:
    """Raise the age alarm when an instruction waits too long for its outcome (S74).

    Also while the chain does not answer: nothing is asked of it.
    """
    limit = services.settings.title_alarm_s
    with reading(services.engine) as connection:
        now = database_now(connection)
        waiting = [
            asked
            for asked in tables.open_instructions(connection)
            if asked.state is InstructionState.READY
        ]
    if any((now - asked.instructed_at).total_seconds() >= limit for asked in waiting):
        lag.alarm(
            services, ALARM, f"instructions on titles have no outcome for more than {limit} s"
        )


def _instruction_of(connection: Connection, errand: outbox.Errand) -> Instruction | None:
    recorded = events.one(connection, errand.event_id)
    happened: Any = recorded.event if recorded else None
    return tables.instruction(connection, happened.instruction_id) if happened else None


def _standing(party: Party) -> str:
    """What makes a change of a party's standing the same one."""
    return f"standing:{party.standing_ask}"


def _is_late(asked: Instruction, now: datetime) -> bool:
    return asked.deadline <= now


def _is_as_read(uow: UnitOfWork, asked: Instruction) -> bool:
    """Whether nothing became of it since it was read; its title is locked."""
    return tables.instruction(uow.connection, asked.id) == asked


def _call(asked: Instruction) -> TitleCall:
    return TitleCall(
        title=asked.title, act=asked.act.value, sequence=asked.sequence, terms=asked.terms
    )
