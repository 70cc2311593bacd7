"""Messages to counterparts: made once from an event, sent in order until they arrive.

The errand of an event makes one delivery row for each destination and sends what is open there,
oldest first, under the destination's lease, so that one subject's messages never overtake each
other. A failed try leaves the errand open; the worker's back-off repeats it.
"""

import ipaddress
import os
import secrets
import socket
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
    try:
        check_address(destination.url, private_allowed=services.settings.private_endpoints)
        answer = httpx.post(
            destination.url,
            content=item.body,
            headers={"Content-Type": adapter.content_type, "Idempotency-Key": item.event_id},
            timeout=TIMEOUT_S,
            follow_redirects=False,
        )
        answer.raise_for_status()
    except (httpx.HTTPError, UnavailableError, OSError) as error:
        with writing(services.engine) as connection:
            tables.failed(connection, item.id, f"{type(error).__name__}: {error}")
        return False
    with writing(services.engine) as connection:
        tables.delivered(connection, item.id, answer.content[:65_536], now=database_now(connection))
    return True


def check_address(url: str, *, private_allowed: bool) -> None:
    """Make sure an endpoint is a public http(s) address, unless private ones are allowed (SSRF).

    Raises:
        UnavailableError: it is not.
        OSError: the name cannot be resolved.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnavailableError
    if private_allowed:
        return
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for *_rest, address in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM):
        if not ipaddress.ip_address(address[0]).is_global:
            raise UnavailableError
