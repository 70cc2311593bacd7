"""Read what a log publishes under its URL, of whoever serves it (公开的日志).

Source: C2SP tlog-tiles for ``/tile/…``; of our own is ``/successions``, the policies that followed
from the first one. Nothing is believed for where it comes from: tiles are for proofs that are
verified, and steps are followed for their signatures alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger import policy_file
from ledger.monitor import Disagreement, Kind
from ledger.note import Note
from ledger.policy import Policy
from ledger.remote import UnreachableError, parse_json
from ledger.succession import History, Succession, SuccessionError, digest
from ledger.tiles import HASH_SIZE, TILE_WIDTH, TileMissingError, tile_path

Fetch = Callable[[str], bytes | None]
"""Fetches a URL: its bytes, ``None`` where there is no such thing; raises ``UnreachableError``."""


class RemoteTiles:
    """A published log's tiles."""

    def __init__(self, url: str, size: int, get: Fetch) -> None:
        self._url = url
        self._size = size
        self._get = get
        self._kept: dict[str, bytes | None] = {}

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Return the first ``width`` hashes of a tile.

        A log may have dropped a partial tile for the wider one of its published size.

        Raises:
            TileMissingError: When the log publishes no tile of at least this width.
            UnreachableError: When the log does not answer.
        """
        published = (self._size >> (8 * level)) - index * TILE_WIDTH
        for wide in (width, min(max(published, width), TILE_WIDTH), TILE_WIDTH):
            data = self._fetched(tile_path(level, index, wide))
            if data is not None and len(data) == wide * HASH_SIZE:
                return data[: width * HASH_SIZE]
        raise TileMissingError(tile_path(level, index, width))

    def _fetched(self, path: str) -> bytes | None:
        if path not in self._kept:
            self._kept[path] = self._get(f"{self._url}/{path}")
        return self._kept[path]


@dataclass(frozen=True)
class Followed:
    """Where trust led."""

    trust: History
    refused: tuple[Disagreement, ...] = ()
    """Steps from there that the log tells of and the trust before them did not sign."""


def follow(trust: History, url: str, get: Fetch) -> Followed:
    """Follow the steps that the log tells of, as far as the trust before each signed it.

    Steps that are known are passed over, and so are those from a policy that is not the newest:
    who began with a later policy, or holds another one, has nothing to judge them by.

    Raises:
        UnreachableError: When the log does not answer, or with what is no list of steps.
    """
    refused = []
    for new, note, step in _told(url, get):
        known = step in {earlier for earlier, _ in trust.steps}
        if known or step.old != digest(trust.newest):
            continue
        try:
            trust = trust.then(new, note)
        except SuccessionError as error:
            message = f"the hand-over at {step.size} leaves: {error}"
            refused.append(Disagreement(Kind.NOT_HANDED_OVER, message, (note,)))
    return Followed(trust, tuple(refused))


def _told(url: str, get: Fetch) -> Iterator[tuple[Policy, bytes, Succession]]:
    """Return policy and note of each step that a log tells of, and what the note says."""
    place = f"{url}/successions"
    data = get(place)
    if data is None:
        return
    value = parse_json(place, data)
    try:
        for one in value["steps"]:
            note = one["note"].encode()
            step = Succession.parse(Note.parse(note).text)
            yield policy_file.parse(one["policy"].encode()), note, step
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise UnreachableError(f"{place} is no list of steps: {error}") from error
