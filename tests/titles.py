"""Titles in a test without a chain: what the follower would record of the contract's acts."""

from ledger.chain.signing import address_of
from ledger.chain.words import TitleWord
from yidan.release.titles import events
from yidan.release.titles.recording import record_outcomes


def keep_key(settings, party_id, key):
    """Put a party's key where the platform keeps it; a vault made before may know another."""
    folder = settings.var / "keys" / "parties"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / party_id).write_bytes(key)
    (folder / party_id).chmod(0o600)


class OnChain:
    """Keys, offices and outcomes as the contract would have them, in a port."""

    def __init__(self, port):
        self.port = port

    def record(self, subject, happened):
        def work(uow):
            uow.lock(subject)
            uow.record(subject, happened)

        self.port.do("system", work)

    def confirm_key(self, handle, key):
        self.record(f"handle:{handle}", events.KeyConfirmed(handle=handle, key=key, block_number=1))

    def office(self, number, who, secret):
        given = events.OfficeGiven(office=number, party_id=self.port.ids[who])
        self.record(f"office:{number}", given)
        kept = events.OfficeConfirmed(office=number, key=address_of(secret), block_number=1)
        self.record(f"office:{number}", kept)

    def outcome(  # noqa: PLR0917
        self, title, happened, parents=(), second="", evidence="", order="", **fields
    ):
        """What the contract did, as the follower records it."""
        usual = {"state": 1, "quantity": 1, "owner": 2, "holder": 2, "issuer": 1, "sequence": 1}
        told = events.TitleConfirmed(
            title=title,
            happened=happened,
            word=f"{TitleWord(**{**usual, **fields}).pack():064x}",
            second=second,
            order=order,
            evidence=evidence,
            parents=parents,
            instruction_id="",
            block_number=9,
            block_hash="33" * 32,
            transaction_hash="44" * 32,
            log_index=0,
        )

        def work(uow):
            uow.lock(f"title:{title}")
            record_outcomes(uow, [told])

        self.port.do("system", work)
