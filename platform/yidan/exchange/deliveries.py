"""Messages to counterparts: made once from an event, sent in order until they arrive.

The errand of an event makes one delivery row for each destination and sends what is open there,
oldest first, under the destination's lease, so that one subject's messages never overtake each
other. A failed try leaves the errand open; the worker's back-off repeats it.
"""

import asyncio
import ipaddress
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from yidan.exchange import notices, tables
from yidan.exchange.tables import Destination, OpenDelivery
from yidan.kernel.errors import UnavailableError
from yidan.ports import Adapter, Services
from yidan.store import events, leases
from yidan.store.engine import database_now, reading, writing
from yidan.store.outbox import Errand

TIMEOUT_S: Final = 10.0
"""So long may one delivery take in all, in seconds."""
MAX_ANSWER: Final = 65_536
"""How much of a counterpart's answer is read and kept, in bytes."""
LEASE_S: Final = 60
"""How long a sender that died keeps others from its destination, in seconds."""


class NotDeliveredError(Exception):
    """A message is still on its way; the errand is repeated later."""


def deliver(services: Services, errand: Errand) -> None:
    """Make the messages of an event and send what is open at each destination.

    Raises:
        NotDeliveredError: a destination did not take everything.
    """
    late = [
        destination
        for adapter, destination in _make(services, errand)
        if not flush(services, adapter, destination)
    ]
    if late:
        raise NotDeliveredError(", ".join(f"{d.party_id} ({d.adapter})" for d in late))


def _make(services: Services, errand: Errand) -> list[tuple[Adapter, Destination]]:
    made = []
    with writing(services.engine) as connection:
        recorded = events.one(connection, errand.event_id)
        notice = notices.notice_of(recorded, services.settings) if recorded else None
        if notice is None:
            return []
        now = database_now(connection)
        for adapter in services.adapters.values():
            for destination in tables.destinations(connection, adapter.name):
                party = notices.party_of(connection, destination.party_id)
                if party is None or not notices.concerns(connection, notice, party):
                    continue
                body = adapter.build(
                    notice,
                    recipient=notices.recipient_of(party),
                    reference=errand.event_id.replace("-", "")[-14:].upper(),
                    at=now,
                )
                if body is not None:
                    tables.add_delivery(connection, errand.event_id, destination, body, now=now)
                    made.append((adapter, destination))
    return made


def flush(services: Services, adapter: Adapter, destination: Destination) -> bool:
    """Send what is open at a destination, in order; True if nothing is left.

    The lease is this call's own, since a worker drains in two threads, and is renewed before each
    message, since a slow counterpart outlasts it.
    """
    name = f"deliver:{destination.party_id}:{adapter.name}"
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"

    def mine() -> bool:
        return leases.acquire(services.engine, name, holder, seconds=LEASE_S) is not None

    if not mine():
        return False
    try:
        with reading(services.engine) as connection:
            waiting = tables.open_deliveries(connection, destination)
        return all(mine() and _send(services, adapter, destination, item) for item in waiting)
    finally:
        leases.release(services.engine, name, holder)


def _send(
    services: Services, adapter: Adapter, destination: Destination, item: OpenDelivery
) -> bool:
    headers = {"Content-Type": adapter.content_type, "Idempotency-Key": item.event_id}
    try:
        aim = aimed(destination.url, private_allowed=services.settings.private_endpoints)
        answer = post(aim, item.body, headers)
    except (httpx.HTTPError, httpx.InvalidURL, UnavailableError, OSError, ValueError) as error:
        with writing(services.engine) as connection:
            tables.failed(connection, item.id, f"{type(error).__name__}: {error}")
        return False
    with writing(services.engine) as connection:
        tables.delivered(connection, item.id, answer, now=database_now(connection))
    return True


@dataclass(frozen=True)
class Aim:
    """Where a message is sent: the address that was checked, under the name that was meant."""

    url: httpx.URL
    headers: Mapping[str, str]
    extensions: Mapping[str, str]


def post(aim: Aim, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Send a message; the first bytes of the answer, however much or slowly a counterpart sends.

    All of it, from the connection to the answer's last byte, has `TIMEOUT_S`: what drips slower
    than that is cut off (QUALITY D10). An answer that said yes in time counts, cut or whole.

    Raises:
        TimeoutError: there was no answer in time.
        httpx.HTTPError: the counterpart was not reached, or did not say yes.
    """
    return asyncio.run(_post(aim, body, {"Accept-Encoding": "identity", **headers, **aim.headers}))


async def _post(aim: Aim, body: bytes, headers: Mapping[str, str]) -> bytes:
    got, accepted = b"", False
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as client,
            client.stream(
                "POST", aim.url, content=body, headers=headers, extensions=dict(aim.extensions)
            ) as answer,
        ):
            answer.raise_for_status()
            accepted = True
            async for chunk in answer.aiter_raw():
                got += chunk
                if len(got) >= MAX_ANSWER:
                    break
    except TimeoutError:
        if not accepted:
            raise TimeoutError(f"no answer within {TIMEOUT_S:g} s") from None
    except httpx.HTTPError:
        if not accepted:
            raise
    return got[:MAX_ANSWER]


def aimed(url: str, *, private_allowed: bool) -> Aim:
    """Check that an endpoint is a public http(s) address, unless private ones are allowed (SSRF).

    The address that was checked is the one that is called, whatever its name resolves to a moment
    later (DNS rebinding, QUALITY D7).

    Raises:
        UnavailableError: it is not.
        OSError: the name cannot be resolved.
        ValueError: it is no URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnavailableError
    if private_allowed:
        return Aim(httpx.URL(url), {}, {})
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(address[0]) for *_rest, address in found]
    if not addresses or not all(one.is_global and not one.is_multicast for one in addresses):
        raise UnavailableError
    return Aim(
        httpx.URL(url).copy_with(host=str(addresses[0])),
        {"Host": parts.netloc.rpartition("@")[2]},
        {"sni_hostname": parts.hostname},
    )
