"""The ledger's rules as plain Python 账本规则模型: what the contract must answer, field by field.

Source of the rules: LEDGER 2 to 4. It knows no bits, no keys and no gas: actors are names, a title
is a `TitleWord`, and a refused act raises `Refusal` and changes nothing. A state machine
lets the contract and this model answer the same acts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from ledger.chain.instructions import (
    AUTHORITIES,
    GATEKEEPERS,
    GUARDIANS,
    ISSUERS,
    LOI_GATE,
    MAY_ANSWER,
    MAY_PROPOSE,
    MAY_SURRENDER,
    MAY_TRANSFER,
    REGISTRAR,
    TERMINALS,
    lineage,
    paper_lineage,
)
from ledger.chain.words import (
    BEARER,
    Flag,
    Offer,
    OrderState,
    OrderWord,
    PledgeWord,
    Roles,
    TitleState,
    TitleWord,
)

FREEZING: Final = 0b1111_0000
"""Holds that freeze the title itself (court, bank, port authority, security)."""
LONGEST_PROPOSAL_S: Final = 30 * 86_400
SHORTEST_NOTICE_S: Final = 86_400
SUCCESSION_DELAY_S: Final = 7 * 86_400
LONGEST_NOTICE_S: Final = 366 * 86_400
TOLERANCE: Final = 20
"""One part in so many may be missing when a title is closed."""
MOST_QUANTITY: Final = (1 << 40) - 1
AUTHORITY_BITS: Final = 8
MOST_GUARDIANS: Final = 8
QUORUM: Final = 3
"""Guardians who must vote for a new key."""
RECOVERY_DELAY_S: Final = 3 * 86_400
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


Children: TypeAlias = "list[tuple[bytes, int]]"
"""Title and quantity of each title that takes others' place."""


EVERY_TITLE: Final = bytes(32)
THE_LEDGER: Final = "the ledger itself"
"""As a key: whom the contract calls itself as, for everybody, when it relays."""
Grantor: TypeAlias = "tuple[int, str, int]"
"""A party, its key, and how many it had before: what it granted ends with the key for ever."""
Grant: TypeAlias = "tuple[tuple[Grantor, str, bytes], Delegation] | None"
"""A delegation and what is left of it; none if the party itself acted."""


@dataclass(frozen=True)
class Delegation:
    """What an agent may do for a party."""

    acts: int
    until: int
    """UTC seconds."""
    left: int
    """Quantity of the titles that it may still act on."""


@dataclass(frozen=True)
class Recovery:
    """Guardians' votes for a party's new key."""

    seats: frozenset[int] = frozenset()
    ready: int = 0
    """UTC seconds after which it may be completed; 0 before there is a quorum."""


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
    pledges: dict[bytes, PledgeWord] = field(default_factory=dict)
    returned: dict[bytes, bytes] = field(default_factory=dict)
    """What a title switched to paper was switched back to."""
    lineages: dict[bytes, bytes] = field(default_factory=dict)
    """What is to take a title's place, or has taken it."""
    rotations: dict[int, int] = field(default_factory=dict)
    """How many keys a party had before its own."""
    delegations: dict[tuple[Grantor, str, bytes], Delegation] = field(default_factory=dict)
    """By party, agent and title (`EVERY_TITLE` for all of them)."""
    recoveries: dict[tuple[Grantor, str], Recovery] = field(default_factory=dict)
    """By party and new key."""
    log_key: str = ""
    """Who anchors; at first the owner."""
    proposed_owner: str = ""
    used: set[tuple[int, int]] = field(default_factory=set)
    """Terminal and serial of every release serial that is used up."""
    paused: set[int] = field(default_factory=set)
    suspended: set[int] = field(default_factory=set)
    """Handles of parties that may not act."""
    voices: set[int] = field(default_factory=set)
    """Bits of the authorities that stood before the first party was registered."""
    seizures: dict[bytes, tuple[int, int, bytes]] = field(default_factory=dict)
    """By title, one authority's vote: its bit, to whom, on what evidence."""
    lineage: bytes = bytes(32)
    """What names this ledger as a successor."""
    successor: tuple[bytes, int] | None = None
    """What names the ledger that follows, and from when on titles may move there."""
    following: TitleModel | None = None
    """That ledger, if it is more than a name."""
    size: int = 0
    """The anchored size."""

    def __post_init__(self) -> None:
        """Whoever deploys a ledger is its owner and anchors."""
        self.log_key = self.log_key or self.owner

    def word(self, title: bytes) -> TitleWord:
        """Return a title's word, the empty one if it was never issued."""
        return self.titles.get(title, TitleWord())

    def _put(self, title: bytes, word: TitleWord, **changes: int) -> TitleWord:
        self.titles[title] = replace(word, sequence=word.sequence + 1, **changes)
        return self.titles[title]

    # Who may.

    @staticmethod
    def _may_act(key: str | bytes) -> None:
        demand(key, "ZeroKey")
        demand(key != THE_LEDGER, "LedgersOwnKey")

    def _only_office(self, who: str, office: int) -> None:
        demand(self.offices.get(office) == who, "NotKeeper")
        demand(office not in self.paused, "Paused")

    def _only_issuer(self, who: str, word: TitleWord) -> None:
        self._only_office(who, ISSUERS + word.issuer)

    def _only_party(self, who: str, handle: int) -> None:
        demand(handle not in self.suspended, "Suspended")
        demand(self.parties.get(handle) == who, "NotHolder")

    def _grantor(self, handle: int) -> Grantor:
        return handle, self.parties.get(handle, ""), self.rotations.get(handle, 0)

    def _rotate(self, handle: int, key: str) -> None:
        self.parties[handle] = key
        self.rotations[handle] = self.rotations.get(handle, 0) + 1

    def _for_party(self, who: str, handle: int, act: int, title: bytes) -> Grant:
        """Let a party act, or an agent within what was delegated; return what that uses up."""
        demand(handle not in self.suspended, "Suspended")
        if who == self.parties.get(handle, ""):
            return None
        grantor = self._grantor(handle)
        key = (grantor, who, title)
        key = key if key in self.delegations else (grantor, who, EVERY_TITLE)
        grant = self.delegations.get(key, Delegation(0, 0, 0))
        demand(grant.acts & act, "NotHolder")
        demand(self.now <= grant.until, "DelegationExpired")
        quantity = self.word(title).quantity
        demand(quantity <= grant.left, "AboveDelegatedCap")
        return key, replace(grant, left=grant.left - quantity)

    def _spend(self, grant: Grant) -> None:
        if grant is not None:
            key, left = grant
            self.delegations[key] = left

    def delegate(  # noqa: PLR0917  # the call's own order
        self, who: str, handle: int, agent: str, title: bytes, acts: int, until: int, cap: int
    ) -> None:
        """Let an agent act for a party; only the party's own key can."""
        self._only_party(who, handle)
        self._may_act(agent)
        demand(0 < acts < 16, "UnknownAct")  # four bits
        demand(until >= self.now, "DelegationExpired")
        demand(cap > 0, "QuantityOutOfRange")
        self.delegations[self._grantor(handle), agent, title] = Delegation(acts, until, cap)

    def revoke_delegation(self, who: str, handle: int, agent: str, title: bytes) -> None:
        """Take back what an agent may do."""
        self._only_party(who, handle)
        granted = self.delegations.pop((self._grantor(handle), agent, title), None)
        demand(granted, "NotDelegated")

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
        demand(not word.flags & Flag.FORECLOSING, "Foreclosing")
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

    def transfer(  # noqa: PLR0917  # the call's own order
        self,
        who: str,
        title: bytes,
        taker: int,
        consent_sequence: int,
        until: int | None = None,
        signer: str | None = None,
    ) -> None:
        """Pass both roles on, to a taker who consents to the title as it stands."""
        word = self.word(title)
        self._free(word)
        demand(word.owner == word.holder, "NotOwnerAndHolder")
        grant = self._for_party(who, word.holder, MAY_TRANSFER, title)
        demand(until is None or self.now <= until, "ConsentExpired")
        known = self.parties.get(taker)
        demand(consent_sequence == word.sequence and known == (signer or known), "BadConsent")
        demand(known and taker not in self.suspended, "BadConsent")
        self._spend(grant)
        self._put(title, word, owner=taker, holder=taker)

    def propose(  # noqa: PLR0917  # the call's own order
        self, who: str, title: bytes, sequence: int, taker: int, until: int, roles: int
    ) -> None:
        """Offer one or both roles to a taker until a deadline."""
        word = self._at(title, sequence)
        demand(0 < roles < 4, "UnknownRole")  # two bits
        self._free(word)
        owner = word.holder if word.owner == BEARER else word.owner
        demand(roles != Roles.OWNER | Roles.HOLDER or owner == word.holder, "NotOwnerAndHolder")
        maker = owner if roles == Roles.OWNER else word.holder
        grant = self._for_party(who, maker, MAY_PROPOSE, title)
        demand(self.now < until <= self.now + LONGEST_PROPOSAL_S, "DeadlineOutOfRange")
        demand(taker in self.parties, "UnknownParty")
        self._spend(grant)
        noted = Offer(taker, until, Roles(roles)).noted()
        self._put(title, word, state=TitleState.PENDING, **noted)

    def _offered(self, who: str, title: bytes, sequence: int) -> tuple[TitleWord, Grant]:
        demand(self.word(title).state == TitleState.PENDING, "NotPending")
        word = self._at(title, sequence)
        grant = self._for_party(who, word.offer.taker, MAY_ANSWER, title)
        demand(self.now <= word.offer.until, "ProposalLapsed")
        return word, grant

    def _settle(self, title: bytes, word: TitleWord, **changes: int) -> TitleWord:
        return self._put(title, word, state=TitleState.ACTIVE, ordered=0, collected=0, **changes)

    def accept(self, who: str, title: bytes, sequence: int) -> None:
        """Take what was offered, by its deadline."""
        word, grant = self._offered(who, title, sequence)
        demand(not word.holds & FREEZING, "FrozenByAuthority")
        self._spend(grant)
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
        word, grant = self._offered(who, title, sequence)
        self._spend(grant)
        self._settle(title, word)

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
        self._spend(self._for_party(who, word.holder, MAY_SURRENDER, title))
        self._put(title, word, state=TitleState.SURRENDERED)

    def _surrendered(self, who: str, title: bytes, sequence: int) -> TitleWord:
        demand(self.word(title).state == TitleState.SURRENDERED, "NotSurrendered")
        word = self._at(title, sequence)
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
        word = self.word(title)
        demand(word.state in {TitleState.SURRENDERED, TitleState.RELEASING}, "NotSurrendered")
        self._at(title, sequence)
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

    def renominate(self, who: str, title: bytes, number: int, nominee: int) -> None:
        """Name another nominee for what is left of an order."""
        order = self._open(title, number)
        self._only_office(who, ISSUERS + order.issuer)
        self._put(title, self.word(title))
        self.orders[title, number] = replace(order, nominee=nominee)

    def close_with_tolerance(self, who: str, title: bytes, sequence: int) -> None:
        """End a title of which a little was not collected."""
        word = self.word(title)
        demand(word.state == TitleState.RELEASING, "NotSurrendered")
        self._at(title, sequence)
        self._only_issuer(who, word)
        demand(word.ordered == word.collected, "OrdersOpen")
        missing = word.quantity - word.collected
        demand(missing * TOLERANCE <= word.quantity, "BeyondTolerance")
        self._put(title, word, state=TitleState.RELEASED)

    # Endorsement in blank.

    def _owned(self, who: str, title: bytes, sequence: int) -> TitleWord:
        word = self._at(title, sequence)
        self._free(word)
        demand(word.owner == word.holder, "NotOwnerAndHolder")
        self._only_party(who, word.holder)
        return word

    def endorse_in_blank(self, who: str, title: bytes, sequence: int) -> None:
        """Let whoever holds the title own it; the holder of such a one names itself."""
        word = self._at(title, sequence)
        self._free(word)
        demand(word.owner in {word.holder, BEARER}, "NotOwnerAndHolder")
        self._only_party(who, word.holder)
        owner = word.holder if word.owner == BEARER else BEARER
        self._put(title, word, **self._roles(word, owner, word.holder))

    # Pledge.

    def pledge(self, who: str, title: bytes, sequence: int, pledgee: int, notice_s: int) -> None:
        """Pledge a title (I7)."""
        word = self._owned(who, title, sequence)
        demand(SHORTEST_NOTICE_S <= notice_s <= LONGEST_NOTICE_S, "NoticeOutOfRange")
        demand(pledgee in self.parties, "UnknownParty")
        self._put(title, word, flags=word.flags | Flag.PLEDGED)
        self.pledges[title] = PledgeWord(pledgee, notice_s)

    def _pledged(self, who: str, title: bytes, sequence: int) -> tuple[TitleWord, PledgeWord]:
        word = self.word(title)
        demand(word.state < TitleState.RELEASED, "NotLive")
        demand(word.flags & Flag.PLEDGED, "NotPledged")
        self._at(title, sequence)
        self._only_party(who, self.pledges[title].pledgee)
        return word, self.pledges[title]

    @staticmethod
    def _unpledged(word: TitleWord) -> int:
        return word.flags & ~(Flag.PLEDGED | Flag.FORECLOSING)

    def discharge(self, who: str, title: bytes, sequence: int) -> None:
        """Give the pledge up."""
        word, _ = self._pledged(who, title, sequence)
        self._put(title, word, flags=self._unpledged(word))
        del self.pledges[title]

    def assign_pledge(self, who: str, title: bytes, sequence: int, pledgee: int) -> None:
        """Pass the pledge on."""
        word, pledge = self._pledged(who, title, sequence)
        demand(pledgee in self.parties, "UnknownParty")
        self._put(title, word)
        self.pledges[title] = replace(pledge, pledgee=pledgee)

    def give_notice(self, who: str, title: bytes, sequence: int) -> None:
        """Announce foreclosure: no goods leave."""
        word, pledge = self._pledged(who, title, sequence)
        demand(not word.flags & Flag.FORECLOSING, "Foreclosing")
        self._put(title, word, flags=word.flags | Flag.FORECLOSING)
        self.pledges[title] = replace(pledge, ends_at=self.now + pledge.notice_s)

    def withdraw_notice(self, who: str, title: bytes, sequence: int) -> None:
        """Take the notice back."""
        word, pledge = self._pledged(who, title, sequence)
        demand(word.flags & Flag.FORECLOSING, "NoNotice")
        self._put(title, word, flags=word.flags & ~Flag.FORECLOSING)
        self.pledges[title] = replace(pledge, ends_at=0)

    def foreclose(self, who: str, title: bytes, sequence: int) -> None:
        """Become owner and holder after the notice."""
        word, pledge = self._pledged(who, title, sequence)
        demand(word.flags & Flag.FORECLOSING, "NoNotice")
        demand(self.now > pledge.ends_at, "NoticeRunning")
        demand(not word.holds & FREEZING, "FrozenByAuthority")
        demand(word.state != TitleState.AMENDMENT, "ForAmendment")
        demand(word.ordered == word.collected, "OrdersOpen")
        flags = self._unpledged(word)
        self._put(title, word, owner=pledge.pledgee, holder=pledge.pledgee, flags=flags)
        del self.pledges[title]

    def surrender_pledged(  # noqa: PLR0917  # the call's own order
        self,
        who: str,
        title: bytes,
        sequence: int,
        wish: bytes,
        until: int | None = None,
        signer: str | None = None,
    ) -> None:
        """Surrender a pledged title, with the pledgee's consent to just this."""
        word = self._at(title, sequence)
        demand(word.flags & Flag.PLEDGED, "NotPledged")
        self._free(replace(word, flags=word.flags & ~Flag.PLEDGED))
        demand(not word.flags & Flag.FORECLOSING, "Foreclosing")
        self._only_party(who, word.holder)
        demand(until is None or self.now <= until, "ConsentExpired")
        pledgee = self.pledges[title].pledgee
        known = self.parties[pledgee]
        demand(known == (signer or known), "BadConsent")
        demand(pledgee not in self.suspended, "BadConsent")
        if any(wish):
            self._put(title, word, state=TitleState.AMENDMENT)
            self.lineages[title] = wish
        else:
            self._put(title, word, state=TitleState.SURRENDERED)

    # Amendment and paper.

    def surrender_for_amendment(self, who: str, title: bytes, sequence: int, wish: bytes) -> None:
        """Ask for a replacement."""
        word = self._owned(who, title, sequence)
        self._put(title, word, state=TitleState.AMENDMENT)
        self.lineages[title] = wish

    def _amended(self, who: str, title: bytes, sequence: int) -> TitleWord:
        demand(self.word(title).state == TitleState.AMENDMENT, "NotForAmendment")
        word = self._at(title, sequence)
        self._only_issuer(who, word)
        return word

    def _wished(self, who: str, title: bytes, sequence: int, wish: bytes) -> TitleWord:
        word = self._amended(who, title, sequence)
        demand(not word.holds & FREEZING, "FrozenByAuthority")
        demand(self.lineages[title] == wish, "OtherLineage")
        return word

    def reject_amendment(self, who: str, title: bytes, sequence: int) -> None:
        """Give the title back as it was."""
        self._settle(title, self._amended(who, title, sequence))
        del self.lineages[title]

    def replace(
        self, who: str, title: bytes, sequence: int, others: list[bytes], children: Children
    ) -> None:
        """Split, merge, reissue or void: parents end and children begin in one step (I5, I11)."""
        wish = lineage(title, others, children)
        first = self._wished(who, title, sequence, wish)
        words = [first]
        for place, other in enumerate(others):
            demand(other not in {title, *others[:place]}, "NotForAmendment")
            word = self._wished(who, other, self.word(other).sequence, wish)
            demand(self._likeness(other, word) == self._likeness(title, first), "UnlikeTitles")
            words.append(word)
        self._conserved(words, children)
        heir = self._heir(words)
        pledge = self.pledges.get(title)
        for parent, word in zip([title, *others], words, strict=True):
            self._put(parent, word, state=TitleState.VOID)
            self.pledges.pop(parent, None)
        for child, quantity in children:
            self._put(child, heir, quantity=quantity)
            if pledge is not None:
                self.pledges[child] = pledge

    def _conserved(self, words: list[TitleWord], children: Children) -> None:
        conserved = len(words) > 1 or len(children) > 1
        left = sum(word.quantity for word in words)
        for place, (child, quantity) in enumerate(children):
            demand(0 < quantity <= (left if conserved else MOST_QUANTITY), "QuantityOutOfRange")
            taken = child in self.titles or child in dict(children[:place])
            demand(not taken, "AlreadyIssued")
            left -= quantity
        demand(not conserved or not left, "QuantitiesDiffer")

    def _likeness(self, title: bytes, word: TitleWord) -> tuple[object, ...]:
        parties = (word.owner, word.holder, word.issuer)
        flags = word.flags & (Flag.PLEDGED | Flag.FORECLOSING)
        return *parties, word.holds, word.gates_required, flags, self.pledges.get(title)

    @staticmethod
    def _heir(words: list[TitleWord]) -> TitleWord:
        """Return a child's word before its issue: gates are satisfied that all parents' were."""
        first = words[0]
        satisfied = first.gates_satisfied
        for word in words:
            satisfied &= word.gates_satisfied
        return replace(
            first,
            state=TitleState.ACTIVE,
            flags=first.flags & (Flag.PLEDGED | Flag.FORECLOSING) | Flag.CHILD,
            ordered=0,
            collected=0,
            gates_satisfied=satisfied,
            sequence=0,
        )

    def switch_to_paper(self, who: str, title: bytes, sequence: int, paper: bytes) -> None:
        """End a title because paper takes its place."""
        word = self._wished(who, title, sequence, paper_lineage(paper))
        demand(not word.flags & Flag.PLEDGED, "Pledged")
        self._put(title, word, state=TitleState.PAPER)

    def switch_back(self, who: str, title: bytes, paper_title: bytes, holder: int) -> None:
        """Issue a new title for one switched to paper, once."""
        word = self.word(paper_title)
        demand(word.state == TitleState.PAPER, "NotPaper")
        demand(paper_title not in self.returned, "AlreadyIssued")
        self._only_issuer(who, word)
        demand(holder in self.parties, "UnknownParty")
        demand(title not in self.titles, "AlreadyIssued")
        self._put(title, replace(self._heir([word]), owner=holder, holder=holder))
        self.returned[paper_title] = title

    # Authorities and gates.

    def hold(self, who: str, title: bytes, bit: int) -> None:
        """Set an authority's hold."""
        demand(bit < AUTHORITY_BITS, "UnknownAuthority")
        self._only_office(who, AUTHORITIES + bit)
        word = self.word(title)
        demand(word.state in LIVE, "NotLive")
        demand(not word.holds >> bit & 1, "AlreadyHeld")
        self._put(title, word, holds=word.holds | 1 << bit)

    def unhold(self, who: str, title: bytes, bit: int) -> None:
        """Lift a hold; only the authority that owns the bit can (I8)."""
        demand(bit < AUTHORITY_BITS, "UnknownAuthority")
        self._only_office(who, AUTHORITIES + bit)
        word = self.word(title)
        demand(word.holds >> bit & 1, "NotHeld")
        self._put(title, word, holds=word.holds & ~(1 << bit))

    def gate(self, who: str, title: bytes, bit: int, *, satisfied: bool) -> None:
        """Satisfy a gate of a live title, or take it back."""
        demand(bit < LOI_GATE, "UnknownGate")
        self._only_office(who, GATEKEEPERS + bit)
        word = self.word(title)
        demand(word.state in LIVE, "NotLive")
        demand(bool(word.gates_satisfied >> bit & 1) != satisfied, "GateUnchanged")
        self._put(title, word, gates_satisfied=word.gates_satisfied ^ 1 << bit)

    def satisfy_many(self, who: str, bit: int, batch: list[bytes]) -> None:
        """Satisfy one gate of many titles, or of none."""
        demand(bit < LOI_GATE, "UnknownGate")
        self._only_office(who, GATEKEEPERS + bit)
        for place, title in enumerate(batch):
            word = self.word(title)
            demand(word.state in LIVE, "NotLive")
            done = word.gates_satisfied >> bit & 1 or title in batch[:place]
            demand(not done, "GateUnchanged")
        for title in batch:
            word = self.word(title)
            self._put(title, word, gates_satisfied=word.gates_satisfied | 1 << bit)

    def flag_indemnity(self, who: str, title: bytes) -> None:
        """Note that the goods left against a letter of indemnity: nothing leaves any more."""
        word = self.word(title)
        demand(word.state in LIVE, "NotLive")
        self._only_issuer(who, word)
        demand(not word.gates_required >> LOI_GATE & 1, "GateUnchanged")
        self._put(title, word, gates_required=word.gates_required | 1 << LOI_GATE)

    def seize(self, who: str, title: bytes, bit: int, to: int, evidence: bytes) -> None:
        """Vote for a seizure; the second authority's vote for the same does it."""
        demand(bit < AUTHORITY_BITS, "UnknownAuthority")
        self._only_office(who, AUTHORITIES + bit)
        demand(bit in self.voices, "MayNotSeize")
        word = self.word(title)
        demand(word.state < TitleState.RELEASED, "NotLive")
        demand(word.holds >> bit & 1, "NotHeld")
        first, *vote = self.seizures.get(title, (bit,))
        if first == bit or vote != [to, evidence] or not word.holds >> first & 1:
            self._only_party(who, to)
            self.seizures[title] = (bit, to, evidence)
            return
        if word.state in {TitleState.PENDING, TitleState.AMENDMENT}:
            self._settle(title, word, **self._roles(word, to, to))
            self.lineages.pop(title, None)
        else:
            demand(word.ordered == word.collected, "OrdersOpen")
            self._put(title, word, **self._roles(word, to, to))
        del self.seizures[title]

    # Suspension, and the ledger that follows.

    def suspend(self, who: str, handle: int) -> None:
        """Stop a party's acts and those of its agents."""
        self._only_office(who, REGISTRAR)
        demand(handle in self.parties, "UnknownParty")
        demand(handle not in self.suspended, "Suspended")
        self.suspended.add(handle)

    def restore(self, who: str, handle: int) -> None:
        """Let a suspended party act again."""
        self._only_office(who, REGISTRAR)
        demand(handle in self.suspended, "NotSuspended")
        self.suspended.remove(handle)

    def name_successor(self, who: str, lineage: bytes) -> None:
        """Name the ledger that titles may move to after a delay."""
        demand(who == self.owner, "NotOwner")
        self._may_act(lineage)
        demand(lineage != self.lineage, "LedgersOwnKey")
        self.successor = (lineage, self.now + SUCCESSION_DELAY_S)

    def migrate(self, who: str, title: bytes, sequence: int) -> None:
        """End a title here because it is continued at the successor, as its holder asked."""
        demand(self.successor is not None, "NoSuccessor")
        wish, opens = self.successor or (b"", 0)
        demand(self.now > opens, "SuccessorDelayed")
        word = self._wished(who, title, sequence, wish)
        demand(not word.holds, "HeldByAuthority")
        demand(not word.flags & Flag.FORECLOSING, "Foreclosing")
        there = self.following.titles if self.following else {}
        demand(title not in there, "AlreadyIssued")
        self._put(title, word, state=TitleState.MIGRATED)

    def adopt(self, who: str, title: bytes, there: TitleModel, issuer: int) -> None:
        """Continue, once, a title that ended at another ledger in favour of this one."""
        self._only_office(who, ISSUERS + issuer)
        word = there.word(title)
        demand(word.state == TitleState.MIGRATED, "NotMigrated")
        demand(there.lineages.get(title) == self.lineage, "OtherLineage")
        demand(title not in self.titles, "AlreadyIssued")
        demand(word.issuer == issuer, "NotKeeper")
        demand(there.offices.get(ISSUERS + issuer) == who, "OtherKeeper")
        pledge = there.pledges.get(title)
        for handle in (word.holder, *([pledge.pledgee] if pledge else [])):
            same = self.parties.get(handle, "") == there.parties.get(handle)
            demand(same, "UnknownParty")
        self._settle(title, word)
        if pledge:
            self.pledges[title] = pledge

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
        demand(who == self.log_key, "NotLogKey")
        demand(size > self.size, "SizeNotIncreasing")
        self.size = size

    def pause(self, who: str, office: int, *, stop: bool) -> None:
        """Stop an issuer or a terminal, or let it go on; never an authority (I8)."""
        demand(who == self.owner, "NotOwner")
        demand(not stop or ISSUERS <= office < AUTHORITIES, "CannotPause")
        demand((office in self.paused) != stop, "Paused" if stop else "NotPaused")
        (self.paused.add if stop else self.paused.remove)(office)

    def pause_many(self, who: str, offices: list[int], *, stop: bool) -> None:
        """Stop many offices at once, or let them go on, whatever they did before."""
        demand(who == self.owner, "NotOwner")
        demand(all(ISSUERS <= office < AUTHORITIES for office in offices), "CannotPause")
        self.paused = self.paused | set(offices) if stop else self.paused - set(offices)

    # Parties, offices, owner.

    def register(self, who: str, handle: int, key: str, signer: str) -> None:
        """Give a handle its first key, which proves that it is held."""
        self._only_office(who, REGISTRAR)
        demand(handle not in {0, BEARER}, "UnknownParty")
        demand(handle not in self.parties, "PartyTaken")
        demand(signer == key, "BadPossession")
        self.parties[handle] = key

    def rotate_key(self, who: str, handle: int, key: str, signer: str) -> None:
        """Replace a party's key by a new one of its own; no word changes (I10)."""
        self._only_party(who, handle)
        demand(signer == key, "BadPossession")
        self._rotate(handle, key)

    def vote_recovery(  # the call's own order
        self, who: str, handle: int, key: str, seat: int, signer: str
    ) -> None:
        """Vote for a party's new key; the quorum starts the delay."""
        demand(seat < MOST_GUARDIANS, "UnknownOffice")
        self._only_office(who, GUARDIANS + seat)
        demand(handle in self.parties, "UnknownParty")
        demand(signer == key, "BadPossession")
        place = (self._grantor(handle), key)
        recovery = self.recoveries.get(place, Recovery())
        demand(seat not in recovery.seats, "AlreadyVoted")
        seats = recovery.seats | {seat}
        ready = self.now + RECOVERY_DELAY_S if len(seats) == QUORUM else recovery.ready
        self.recoveries[place] = Recovery(seats, ready)

    def veto_recovery(self, who: str, handle: int, key: str) -> None:
        """End a recovery: the party's key is not lost. No suspension stops that."""
        demand(self.parties.get(handle) == who, "NotHolder")
        demand(self.recoveries.pop((self._grantor(handle), key), None), "NoRecovery")

    def complete_recovery(self, handle: int, key: str) -> None:
        """Let the new key take the old one's place after the delay; anybody may."""
        recovery = self.recoveries.get((self._grantor(handle), key), Recovery())
        demand(recovery.ready, "NoQuorum")
        demand(self.now > recovery.ready, "RecoveryDelayed")
        self._rotate(handle, key)

    def appoint(self, who: str, office: int, key: str) -> None:
        """Fill a vacant office; only the registrar's is the owner's own (I8, I9)."""
        demand(who == self.owner, "NotOwner")
        known = ISSUERS <= office < GUARDIANS + (1 << 16)
        demand(office == REGISTRAR or known, "UnknownOffice")
        self._may_act(key)
        taken = office in self.offices or office in self.paused
        demand(office == REGISTRAR or not taken, "OfficeTaken")
        demand(office < GUARDIANS or not self.parties, "Sealed")
        self.offices[office] = key
        if AUTHORITIES <= office < GATEKEEPERS and not self.parties:
            self.voices.add(office - AUTHORITIES)

    def hand_over(self, who: str, office: int, key: str) -> None:
        """Hand an office over, or leave it vacant."""
        self._only_office(who, office)
        demand(key != THE_LEDGER, "LedgersOwnKey")
        del self.offices[office]
        if key:
            self.offices[office] = key
        else:
            self.voices.discard(office - AUTHORITIES)

    def set_log_key(self, who: str, key: str) -> None:
        """Name the key that anchors."""
        demand(who == self.owner, "NotOwner")
        self._may_act(key)
        self.log_key = key

    def propose_owner(self, who: str, key: str) -> None:
        """Propose another owner; nothing changes until it accepts."""
        demand(who == self.owner, "NotOwner")
        demand(key != THE_LEDGER, "LedgersOwnKey")
        self.proposed_owner = key

    def accept_ownership(self, who: str) -> None:
        """Become owner."""
        demand(who == self.proposed_owner, "NotProposed")
        self.owner, self.proposed_owner = who, ""
