"""The ledger's rules as plain Python 账本规则模型: what the contract must answer, field by field.

Source of the rules: LEDGER 2 to 4. It knows no bits, no keys and no gas: actors are names, a title
is a `TitleWord`, and a refused act raises `Refusal` and changes nothing. A state machine in
`tests/contracts` lets the contract and this model answer the same acts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from ledger.chain.instructions import AUTHORITIES, GATEKEEPERS, ISSUERS, TERMINALS
from ledger.chain.words import (
    BEARER,
    Flag,
    Offer,
    OrderState,
    OrderWord,
    Roles,
    TitleState,
    TitleWord,
)

FREEZING: Final = 0b1111_0000
"""Holds that freeze the title itself (court, bank, port authority, security)."""
LONGEST_PROPOSAL_S: Final = 30 * 86_400
MOST_QUANTITY: Final = (1 << 40) - 1
LIVE: Final = frozenset(state for state in TitleState if 0 < state < TitleState.RELEASED)


class Refusal(Exception):  # noqa: N818  # what the contract calls a revert
    """The act is refused; `args[0]` is a reason's code, as in `ledger.chain.reasons`."""


def demand(condition: object, code: str) -> None:
    """Refuse with a reason's code unless the condition holds.

    Raises:
        Refusal: it does not.
    """
    if not condition:
        raise Refusal(code)


@dataclass
class TitleModel:
    """Titles, orders, serials and anchors of one ledger, and who may do what."""

    offices: dict[int, str] = field(default_factory=dict)
    parties: dict[int, str] = field(default_factory=dict)
    owner: str = ""
    now: int = 0
    """UTC seconds of the block."""
    titles: dict[bytes, TitleWord] = field(default_factory=dict)
    orders: dict[tuple[bytes, int], OrderWord] = field(default_factory=dict)
    used: set[tuple[int, int]] = field(default_factory=set)
    """Terminal and serial of every release serial that is used up."""
    paused: set[int] = field(default_factory=set)
    size: int = 0
    """The anchored size."""

    def word(self, title: bytes) -> TitleWord:
        """Return a title's word, the empty one if it was never issued."""
        return self.titles.get(title, TitleWord())

    def _put(self, title: bytes, word: TitleWord, **changes: int) -> TitleWord:
        self.titles[title] = replace(word, sequence=word.sequence + 1, **changes)
        return self.titles[title]

    # Who may.

    def _only_office(self, who: str, office: int) -> None:
        demand(self.offices.get(office) == who, "NotKeeper")
        demand(office not in self.paused, "Paused")

    def _only_issuer(self, who: str, word: TitleWord) -> None:
        self._only_office(who, ISSUERS + word.issuer)

    def _only_party(self, who: str, handle: int) -> None:
        demand(self.parties.get(handle) == who, "NotHolder")

    def _at(self, title: bytes, sequence: int) -> TitleWord:
        """Return the word if the instruction was made for it as it stands (I12)."""
        word = self.word(title)
        demand(word.sequence == sequence, "StaleSequence")
        return word

    @staticmethod
    def _free(word: TitleWord) -> None:
        demand(word.state == TitleState.ACTIVE, "NotActive")
        demand(not word.holds & FREEZING, "FrozenByAuthority")
        demand(not word.flags & Flag.PLEDGED, "Pledged")

    @staticmethod
    def _goods_free(word: TitleWord) -> None:
        demand(not word.holds, "HeldByAuthority")
        demand(not word.gates_required & ~word.gates_satisfied, "GateNotSatisfied")

    # Titles.

    def issue(  # noqa: PLR0917  # the call's own order
        self, who: str, title: bytes, issuer: int, quantity: int, holder: int, gates: int
    ) -> None:
        """Issue a title, once for ever (I1)."""
        self._only_office(who, ISSUERS + issuer)
        demand(title not in self.titles, "AlreadyIssued")
        demand(0 < quantity <= MOST_QUANTITY, "QuantityOutOfRange")
        demand(holder in self.parties, "UnknownParty")
        word = TitleWord(state=TitleState.ACTIVE, quantity=quantity, owner=holder, holder=holder)
        self._put(title, word, gates_required=gates, issuer=issuer)

    def transfer(self, who: str, title: bytes, taker: int, consent_sequence: int) -> None:
        """Pass both roles on, to a taker who consents to the title as it stands."""
        word = self.word(title)
        self._free(word)
        demand(word.owner == word.holder, "NotOwnerAndHolder")
        self._only_party(who, word.holder)
        demand(consent_sequence == word.sequence, "BadConsent")
        self._put(title, word, owner=taker, holder=taker)

    def propose(  # noqa: PLR0917  # the call's own order
        self, who: str, title: bytes, sequence: int, taker: int, until: int, roles: int
    ) -> None:
        """Offer one or both roles to a taker until a deadline."""
        word = self._at(title, sequence)
        demand(0 < roles < 4, "UnknownRole")  # noqa: PLR2004  # two bits
        self._free(word)
        owner = word.holder if word.owner == BEARER else word.owner
        demand(roles != Roles.OWNER | Roles.HOLDER or owner == word.holder, "NotOwnerAndHolder")
        self._only_party(who, owner if roles == Roles.OWNER else word.holder)
        demand(self.now < until <= self.now + LONGEST_PROPOSAL_S, "DeadlineOutOfRange")
        demand(taker in self.parties, "UnknownParty")
        noted = Offer(taker, until, Roles(roles)).noted()
        self._put(title, word, state=TitleState.PENDING, **noted)

    def _offered(self, who: str, title: bytes, sequence: int) -> TitleWord:
        word = self._at(title, sequence)
        demand(word.state == TitleState.PENDING, "NotPending")
        self._only_party(who, word.offer.taker)
        demand(self.now <= word.offer.until, "ProposalLapsed")
        return word

    def _settle(self, title: bytes, word: TitleWord, **changes: int) -> TitleWord:
        return self._put(title, word, state=TitleState.ACTIVE, ordered=0, collected=0, **changes)

    def accept(self, who: str, title: bytes, sequence: int) -> None:
        """Take what was offered, by its deadline."""
        word = self._offered(who, title, sequence)
        demand(not word.holds & FREEZING, "FrozenByAuthority")
        offer = word.offer
        owner = offer.taker if offer.roles & Roles.OWNER else word.owner
        holder = offer.taker if offer.roles & Roles.HOLDER else word.holder
        self._settle(title, word, **self._roles(word, owner, holder))

    @staticmethod
    def _roles(word: TitleWord, owner: int, holder: int) -> dict[str, int]:
        flags = word.flags & ~Flag.APART | (Flag.APART if owner != holder else 0)
        return {"owner": owner, "holder": holder, "flags": flags}

    def decline(self, who: str, title: bytes, sequence: int) -> None:
        """Refuse what was offered, by its deadline."""
        self._settle(title, self._offered(who, title, sequence))

    def reclaim(self, title: bytes) -> None:
        """End an offer whose deadline has passed; anybody may."""
        word = self.word(title)
        demand(word.state == TitleState.PENDING, "NotPending")
        demand(self.now > word.offer.until, "ProposalOpen")
        self._settle(title, word)

    def surrender(self, who: str, title: bytes, sequence: int) -> None:
        """Surrender for delivery; only one who is owner and holder may."""
        word = self._at(title, sequence)
        self._free(word)
        demand(word.owner == word.holder, "NotOwnerAndHolder")
        self._only_party(who, word.holder)
        self._put(title, word, state=TitleState.SURRENDERED)

    def _surrendered(self, who: str, title: bytes, sequence: int) -> TitleWord:
        word = self._at(title, sequence)
        demand(word.state == TitleState.SURRENDERED, "NotSurrendered")
        self._only_issuer(who, word)
        return word

    def reject_surrender(self, who: str, title: bytes, sequence: int) -> None:
        """Give a surrendered title back (SREJ)."""
        word = self._surrendered(who, title, sequence)
        self._put(title, word, state=TitleState.ACTIVE)

    def accept_surrender(self, who: str, title: bytes, sequence: int) -> None:
        """Accept a surrender for good (SACC)."""
        word = self._surrendered(who, title, sequence)
        self._put(title, word, state=TitleState.RELEASING)

    # Release.

    def release(self, who: str, title: bytes, sequence: int) -> None:
        """Accept the surrender, order and collect in full."""
        word = self._surrendered(who, title, sequence)
        self._goods_free(word)
        everything = {"ordered": word.quantity, "collected": word.quantity}
        self._put(title, word, state=TitleState.RELEASED, **everything)

    def order(  # noqa: PLR0917  # the call's own order
        self,
        who: str,
        title: bytes,
        sequence: int,
        terminal: int,
        nominee: int,
        quantity: int,
        until: int,
    ) -> None:
        """Order a part of what is left to be given to a nominee."""
        word = self._at(title, sequence)
        demand(word.state in {TitleState.SURRENDERED, TitleState.RELEASING}, "NotSurrendered")
        self._only_issuer(who, word)
        self._goods_free(word)
        demand(until >= self.now, "OrderExpired")
        demand(0 < quantity <= word.quantity - word.ordered, "QuantityOutOfRange")
        self._put(title, word, state=TitleState.RELEASING, ordered=word.ordered + quantity)
        self.orders[title, sequence + 1] = OrderWord(
            state=OrderState.OPEN,
            terminal=terminal,
            nominee=nominee,
            authorised=quantity,
            valid_until=until,
            issuer=word.issuer,
            number=sequence + 1,
        )

    def _open(self, title: bytes, number: int) -> OrderWord:
        order = self.orders.get((title, number), OrderWord())
        demand(order.state == OrderState.OPEN, "OrderNotOpen")
        return order

    def revoke_order(self, who: str, title: bytes, number: int) -> None:
        """Revoke what is left of an order; no pause stops it."""
        order, word = self._open(title, number), self.word(title)
        demand(self.offices.get(ISSUERS + order.issuer) == who, "NotKeeper")
        self._put(title, word, ordered=word.ordered - order.authorised + order.collected)
        self.orders[title, number] = replace(order, state=OrderState.REVOKED)

    def collect(self, who: str, title: bytes, number: int, nominee: int, total: int) -> None:
        """Record the total collected under an order so far (I4, I5, I6)."""
        order, word = self._open(title, number), self.word(title)
        self._only_office(who, TERMINALS + order.terminal)
        self._goods_free(word)
        demand(nominee == order.nominee, "NomineeMismatch")
        demand(self.now <= order.valid_until, "OrderExpired")
        demand(total > order.collected, "NotIncreasing")
        demand(total <= order.authorised, "AboveAuthorised")
        collected = word.collected + total - order.collected
        ended = collected == word.quantity
        state = TitleState.RELEASED if ended else word.state
        self._put(title, word, collected=collected, state=state)
        done = OrderState.COMPLETE if total == order.authorised else OrderState.OPEN
        self.orders[title, number] = replace(order, collected=total, state=done)

    # Authorities and gates.

    def hold(self, who: str, title: bytes, bit: int) -> None:
        """Set an authority's hold."""
        self._only_office(who, AUTHORITIES + bit)
        word = self.word(title)
        demand(word.state in LIVE, "NotLive")
        demand(not word.holds >> bit & 1, "AlreadyHeld")
        self._put(title, word, holds=word.holds | 1 << bit)

    def unhold(self, who: str, title: bytes, bit: int) -> None:
        """Lift a hold; only the authority that owns the bit can (I8)."""
        self._only_office(who, AUTHORITIES + bit)
        word = self.word(title)
        demand(word.holds >> bit & 1, "NotHeld")
        self._put(title, word, holds=word.holds & ~(1 << bit))

    def gate(self, who: str, title: bytes, bit: int, *, satisfied: bool) -> None:
        """Satisfy a gate of a live title, or take it back."""
        self._only_office(who, GATEKEEPERS + bit)
        word = self.word(title)
        demand(word.state in LIVE, "NotLive")
        demand(bool(word.gates_satisfied >> bit & 1) != satisfied, "GateUnchanged")
        self._put(title, word, gates_satisfied=word.gates_satisfied ^ 1 << bit)

    # Serials, anchors, pause.

    def nullify(self, who: str, terminal: int, serials: set[int]) -> None:
        """Use release serials up, all or none."""
        self._only_office(who, TERMINALS + terminal)
        wanted = {(terminal, serial) for serial in serials}
        demand(wanted, "NothingToNullify")
        demand(not self.used & wanted, "AlreadyNullified")
        self.used |= wanted

    def anchor(self, who: str, size: int) -> None:
        """Anchor a checkpoint: sizes strictly increase (I14)."""
        demand(who == self.owner, "NotLogKey")
        demand(size > self.size, "SizeNotIncreasing")
        self.size = size

    def pause(self, who: str, office: int, *, stop: bool) -> None:
        """Stop an issuer or a terminal, or let it go on; never an authority (I8)."""
        demand(who == self.owner, "NotOwner")
        demand(ISSUERS <= office < AUTHORITIES, "CannotPause")
        demand((office in self.paused) != stop, "Paused" if stop else "NotPaused")
        (self.paused.add if stop else self.paused.remove)(office)
