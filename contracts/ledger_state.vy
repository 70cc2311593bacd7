# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title State of the ledger
@license Apache-2.0
@notice Every slot that the ledger's parts share, and who may write what. The parts run on the storage of
        ReleaseLedger (delegatecall), so all of them initialize this module first and have the same layout.
@dev Who may do what stands in `offices` and `parties`, never in a word, so that a change of key changes
     no title (I10).
"""

import reasons as why
import title_word as tw

# Offices: a class and a number. An issuer is a carrier, a terminal collects, an authority holds bit b,
# a gatekeeper satisfies gate b.
REGISTRAR: constant(uint256) = 1
ISSUERS: constant(uint256) = 2**16
TERMINALS: constant(uint256) = 2 * 2**16
AUTHORITIES: constant(uint256) = 3 * 2**16
GATEKEEPERS: constant(uint256) = 4 * 2**16
# A guardian votes on the recovery of a lost key; all of them stand before the first party is registered.
GUARDIANS: constant(uint256) = 5 * 2**16
OFFICES_END: constant(uint256) = 6 * 2**16

# What a party may let an agent do.
MAY_TRANSFER: constant(uint256) = 1
MAY_PROPOSE: constant(uint256) = 2
MAY_ANSWER: constant(uint256) = 4
MAY_SURRENDER: constant(uint256) = 8
EXPIRY_AT: constant(uint256) = 16
CAP_AT: constant(uint256) = 56

# Flags above the 160 bits of a key. An office with this one is paused, a party is suspended.
PAUSED: constant(uint256) = 2**160
SUSPENDED: constant(uint256) = 2**160
# Of an authority: it has a voice in a seizure.
MAY_SEIZE: constant(uint256) = 2**161
KEY_MASK: constant(uint256) = 2**160 - 1
# From bit 192 a party's word counts the keys that it had before; whose word below that is just its key acts.
KEYS_ONE: constant(uint256) = 2**192
ACTING_MASK: constant(uint256) = 2**192 - 1

titles: HashMap[bytes32, uint256]
orders: HashMap[bytes32, HashMap[uint256, uint256]]
nullifiers: HashMap[uint256, HashMap[uint256, uint256]]
offices: HashMap[uint256, uint256]
parties: HashMap[uint256, uint256]
# The log's key in the upper 160 bits and the anchored size in the lower 64: one slot read and written.
head: uint256
anchored_root: bytes32
owner_key: address
proposed_owner_key: address
# Used nonces of relayed instructions, one bit each, by signer.
nonces: HashMap[address, HashMap[uint256, uint256]]
# A title's second word, laid out in title_word.vy: its pledge, or what a paper one was switched back to.
seconds: HashMap[bytes32, uint256]
# By party (handle above its key and how many it had before, so that a new key has granted nothing, nor has
# an old one that it takes again), agent and title (zero for all):
# acts in the low 16 bits, expiry in the next 40, above them the quantity that is left.
delegations: HashMap[uint256, HashMap[address, HashMap[bytes32, uint256]]]
# By party (likewise) and new key: votes in the low 8 bits, above them when the recovery is ready.
recoveries: HashMap[uint256, HashMap[address, uint256]]
# By title: one authority's vote for a seizure, its bit in the low 8 bits, above them what it is for.
seizures: HashMap[bytes32, uint256]
# The ledger that follows this one in the low 160 bits, above them from when on titles may go there.
successor: uint256
# Set when the first party is registered: from then on no authority gains a voice in seizures, and no guardian
# is appointed.
sealed: bool
# By title: the hash of what is to take its place, or has taken it.
lineages: HashMap[bytes32, bytes32]
# Signer of the relayed instruction that is being performed.
actor: transient(address)


@internal
@view
def _actor() -> address:
    """
    @notice Who acts: the sender, or the signer of the relayed instruction. Nothing but `relay` calls self.
    """
    if msg.sender == self:
        return self.actor
    return msg.sender


@internal
@view
def _only_office(office: uint256):
    kept: uint256 = self.offices[office]
    if kept != convert(msg.sender, uint256):
        why._demand(kept & KEY_MASK == convert(self._actor(), uint256), why.NotKeeper)
        why._demand(kept & PAUSED == 0, why.Paused)


@internal
@pure
def _authority(number: uint8) -> uint256:
    """
    @notice The office of the authority that owns a hold's bit.
    """
    why._demand(number < 8, why.UnknownAuthority)
    return AUTHORITIES + convert(number, uint256)


@internal
@pure
def _gatekeeper(number: uint8) -> uint256:
    """
    @notice The office of the keeper of a gate's bit.
    """
    why._demand(number < tw.LOI_GATE, why.UnknownGate)
    return GATEKEEPERS + convert(number, uint256)


@internal
@view
def _only_owner():
    why._demand(msg.sender == self.owner_key, why.NotOwner)


@internal
@view
def _assert_key(key: address):
    """
    @notice Refuse what cannot sign: zero, and this ledger, as whom it calls itself for everybody in `relay`.
    """
    why._demand(key != empty(address), why.ZeroKey)
    why._demand(key != self, why.LedgersOwnKey)


@internal
@view
def _only_known(handle: uint256):
    why._demand(self.parties[handle] != 0, why.UnknownParty)


@internal
@view
def _only_party(handle: uint256):
    kept: uint256 = self.parties[handle] & ACTING_MASK
    if kept != convert(msg.sender, uint256):
        why._demand(kept & SUSPENDED == 0, why.Suspended)
        why._demand(kept == convert(self._actor(), uint256), why.NotHolder)


@internal
@view
def _grantor(handle: uint256) -> uint256:
    return (handle << 224) | (self.parties[handle] & ~SUSPENDED)


@internal
def _rotate(handle: uint256, key: address):
    """
    @notice Give a party another key: what it granted with the one before, and the votes against that, are void.
    """
    self.parties[handle] = ((self.parties[handle] & ~KEY_MASK) + KEYS_ONE) | convert(key, uint256)


@internal
def _for_party(handle: uint256, act: uint256, title: bytes32, word: uint256):
    """
    @notice Let a party act, or its agent within scope, expiry and what is left of its quantity. An agent
            has no agents: only the party's own key delegates.
    """
    kept: uint256 = self.parties[handle] & ACTING_MASK
    who: address = self._actor()
    if kept == convert(who, uint256):
        return
    why._demand(kept & SUSPENDED == 0, why.Suspended)
    grantor: uint256 = self._grantor(handle)
    scope: bytes32 = title
    grant: uint256 = self.delegations[grantor][who][scope]
    if grant == 0:
        scope = empty(bytes32)
        grant = self.delegations[grantor][who][scope]
    why._demand(grant & act != 0, why.NotHolder)
    why._demand(block.timestamp <= (grant >> EXPIRY_AT) & tw.TIME_MASK, why.DelegationExpired)
    quantity: uint256 = (word >> tw.QUANTITY_AT) & tw.QUANTITY_MASK
    why._demand(quantity <= grant >> CAP_AT, why.AboveDelegatedCap)
    self.delegations[grantor][who][scope] = grant - (quantity << CAP_AT)


@internal
@view
def _only_issuer(word: uint256):
    self._only_office(ISSUERS + ((word >> tw.ISSUER_AT) & tw.OFFICE_MASK))


@internal
@view
def _pledged(title: bytes32, sequence: uint24) -> uint256:
    """
    @notice The word of a live title whose pledgee acts on it as it stands.
    """
    word: uint256 = self.titles[title]
    why._demand(word & tw.STATE_MASK < tw.ENDED, why.NotLive)
    why._demand(word & tw.PLEDGED != 0, why.NotPledged)
    why._demand(word >> tw.SEQUENCE_AT == convert(sequence, uint256), why.StaleSequence)
    self._only_party(self.seconds[title] & tw.HANDLE_MASK)
    return word
