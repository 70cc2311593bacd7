"""Send envelopes to other platforms until they give a signed answer (DCSA PINT 3.0, sender's side).

The signed code decides, whatever the HTTP status says; an answer without a good signature decides
nothing, and the errand is repeated. Repeating is harmless: the receiver answers DUPE.
"""

import asyncio
import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx
from joserfc import jwt

from yidan.exchange.deliveries import NotDeliveredError, aimed
from yidan.exchange.pint import messages, signing, tables, wire
from yidan.exchange.pint.actions import sending
from yidan.exchange.pint.actions.signers import Here
from yidan.exchange.pint.here import here, signing_key
from yidan.exchange.pint.rules.envelope import ResponseCode
from yidan.exchange.pint.tables import Outgoing, PintSigner, TransferState
from yidan.kernel.errors import BadRequestError, InvalidError, NotFoundError, UnavailableError
from yidan.kernel.events import SYSTEM
from yidan.kernel.strict_json import loads_with_fractions
from yidan.ports import Services
from yidan.store import edge, events
from yidan.store.engine import reading, writing
from yidan.store.outbox import Errand

TIMEOUT_S: Final = 30.0
"""So long may one request take in all, in seconds."""
MAX_ANSWER: Final = 262_144
"""How much of an answer is read, in bytes."""
ROUNDS: Final = 2
"""How often documents that are still missing are sent within one try."""
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Heard:
    """What another platform answered: the status, and the JSON value."""

    status: int
    value: Any


@dataclass(frozen=True)
class Signed:
    """A signed answer that was believed."""

    answer: messages.FinishedAnswer
    text: str


Ask = Callable[..., Heard]


def deliver(services: Services, errand: Errand) -> None:
    """Send the envelope of an event, and write down what was answered.

    Raises:
        NotDeliveredError: there is no final signed answer yet.
    """
    with reading(services.engine) as connection:
        recorded = events.one(connection, errand.event_id)
        transfer_id = str(getattr(recorded.event, "transfer_id", "")) if recorded else ""
        transfer = tables.outgoing(connection, transfer_id)
        peers = tables.signers(connection, [transfer.platform]) if transfer else {}
    if transfer is None or transfer.state is not TransferState.SENDING:
        return
    us = here(services)
    try:
        signed = _converse(services, us, transfer, peers[transfer.platform])
        edge.run(
            services,
            SYSTEM,
            lambda uow: sending.conclude(transfer.id, signed.answer, signed.text, us, uow),
        )
    except NotFoundError:
        return  # it was concluded meanwhile: the bill came back from there
    except (httpx.HTTPError, httpx.InvalidURL, UnavailableError, OSError, ValueError) as error:
        _failed(services, transfer, f"{type(error).__name__}: {error}")
    except NotDeliveredError as error:
        _failed(services, transfer, str(error))


def _failed(services: Services, transfer: Outgoing, why: str) -> None:
    with writing(services.engine) as connection:
        tables.sending_failed(connection, transfer.id, why)
    raise NotDeliveredError(f"{transfer.platform}: {why}")


def _converse(services: Services, us: Here, transfer: Outgoing, peer: PintSigner) -> Signed:
    """Start, send the documents, finish; the final signed answer.

    Raises:
        NotDeliveredError: there was none.
    """
    ask = _asking(services, peer)
    keys = signing.read_keys(json.loads(peer.jwks))
    heard = ask("POST", "/v3/envelopes", transfer.envelope)
    for _ in range(ROUNDS):
        if heard.status != httpx.codes.CREATED:
            break
        reference, missing = _started(heard.value)
        for checksum in missing:
            _put(ask, us, transfer, reference, checksum)
        heard = ask("PUT", f"/v3/envelopes/{reference}/finish-transfer", None)
        signed = believed(heard, keys, transfer)
        if signed.answer.response_code in sending.FINAL:
            return signed
        heard = Heard(
            httpx.codes.CREATED,
            {
                "envelopeReference": reference,
                "missingAdditionalDocumentChecksums": list(signed.answer.missing),
            },
        )
    signed = believed(heard, keys, transfer)
    if signed.answer.response_code not in sending.FINAL:
        raise NotDeliveredError(f"answered {signed.answer.response_code} at the start")
    return signed


def _started(value: object) -> tuple[str, list[str]]:
    if not isinstance(value, dict):
        raise NotDeliveredError("answered 201 without what is missing")
    reference, missing = (
        value.get("envelopeReference"),
        value.get("missingAdditionalDocumentChecksums"),
    )
    if not isinstance(reference, str) or not isinstance(missing, list):
        raise NotDeliveredError("answered 201 without what is missing")
    if not reference.replace("-", "").replace("_", "").isalnum():
        raise NotDeliveredError("answered an envelope reference that is none")
    return reference, [one for one in missing if isinstance(one, str)]


def _put(ask: Ask, us: Here, transfer: Outgoing, reference: str, checksum: str) -> None:
    """Send one document, if it is one that we announced: others are none of theirs."""
    if checksum not in wire.announced(wire.parse(transfer.envelope)):
        raise NotDeliveredError(f"asked for {checksum}, which was not announced")
    content = json.dumps(base64.b64encode(us.blobs.get(checksum)).decode()).encode()
    heard = ask("PUT", f"/v3/envelopes/{reference}/additional-documents/{checksum}", content)
    if heard.status != httpx.codes.NO_CONTENT:
        raise NotDeliveredError(f"answered {heard.status} to document {checksum}")


def believed(heard: Heard, keys: Any, transfer: Outgoing) -> Signed:
    """A signed answer about this very transfer.

    Raises:
        NotDeliveredError: it is not signed by a registered key, or about something else.
    """
    text = heard.value
    if not isinstance(text, str) or not signing.verifies(text, keys):
        raise NotDeliveredError(f"answered {heard.status} without a good signature")
    try:
        payload = loads_with_fractions(signing.payload_of(text) or b"")
        answer = messages.FinishedAnswer.read(payload)
    except (BadRequestError, InvalidError):
        raise NotDeliveredError("signed something that is no answer") from None
    if not _about(answer, transfer):
        raise NotDeliveredError("signed an answer about another envelope")
    return Signed(answer, text)


def _about(answer: messages.FinishedAnswer, transfer: Outgoing) -> bool:
    last = transfer.entries[-1]
    if answer.response_code is not ResponseCode.DUPE:
        return answer.last == last
    accepted = answer.duplicate_of
    return answer.last == last or (accepted is not None and signing.sha256(accepted) == last)


# --- the wire -----------------------------------------------------------------------------------


def _asking(services: Services, peer: PintSigner) -> Ask:
    """How to call a platform: with its token, where it wants one."""
    private = services.settings.private_endpoints
    headers = {"API-Version": "3", "Content-Type": "application/json"}
    if peer.token_url:
        headers["Authorization"] = f"Bearer {_token(services, peer)}"

    def ask(method: str, path: str, body: bytes | None) -> Heard:
        return _ask(method, peer.url + path, body, headers, private_allowed=private)

    return ask


def _token(services: Services, peer: PintSigner) -> str:
    """An access token by client credentials and `private_key_jwt` (RFC 6749 4.4, RFC 7523).

    Raises:
        NotDeliveredError: we were not given one.
    """
    key = signing_key(services)
    now = int(services.clock.now().timestamp())
    claims = {
        "iss": peer.client_id,
        "sub": peer.client_id,
        "aud": peer.token_url,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_urlsafe(16),
    }
    form = httpx.QueryParams(
        grant_type="client_credentials",
        client_assertion_type=_ASSERTION,
        client_assertion=jwt.encode({"alg": "ES256", "kid": key.thumbprint()}, claims, key),
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    private = services.settings.private_endpoints
    heard = _ask("POST", peer.token_url, str(form).encode(), headers, private_allowed=private)
    token = heard.value.get("access_token") if isinstance(heard.value, dict) else None
    if not isinstance(token, str):
        raise NotDeliveredError(f"the token endpoint answered {heard.status}")
    return token


def _ask(
    method: str, url: str, body: bytes | None, headers: dict[str, str], *, private_allowed: bool
) -> Heard:
    aim = aimed(url, private_allowed=private_allowed)
    sent = {"Accept-Encoding": "identity", **headers, **aim.headers}
    status, got = asyncio.run(_exchange(method, aim.url, body, sent, dict(aim.extensions)))
    try:
        return Heard(status, json.loads(got) if got else None)
    except ValueError:
        return Heard(status, None)


async def _exchange(
    method: str, url: httpx.URL, body: bytes | None, headers: dict[str, str], more: dict[str, Any]
) -> tuple[int, bytes]:
    got = b""
    async with (
        asyncio.timeout(TIMEOUT_S),
        httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as client,
        client.stream(method, url, content=body, headers=headers, extensions=more) as answer,
    ):
        async for chunk in answer.aiter_raw():
            got += chunk
            if len(got) > MAX_ANSWER:
                raise ValueError("the answer is too long")
        return answer.status_code, got
