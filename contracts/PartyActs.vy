# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize codesize
"""
@title Acts of parties, offices and the owner 参与方与职能
@license Apache-2.0
@notice A part of ReleaseLedger: it runs on that contract's storage and is of no use by itself.
"""

import ledger_events as ev
import ledger_state as st
import reasons as why
import title_word as tw
import typed_data as td

initializes: st

# Three guardians must agree on a new key; how many there are, and how long the old key has for a veto.
MOST_GUARDIANS: constant(uint256) = 8
RECOVERY_DELAY: constant(uint256) = 3 * 86400
READY_AT: constant(uint256) = 8

# Between the naming of a successor and the first title that moves there.
SUCCESSION_DELAY: constant(uint256) = 7 * 86400
# Titles of one release list, offices of one pause.
MOST: constant(uint256) = 64

POSSESSION_TYPE: constant(bytes32) = keccak256("Possession(uint32 handle,address key)")


# Parties 参与方.


@external
def register(handle: uint32, key: address, r: bytes32, vs: uint256):
    """
    @notice Give a handle its first key, which proves that it is held by signing. Once per handle.
    """
    st._only_office(st.REGISTRAR)
    number: uint256 = convert(handle, uint256)
    why._demand(number != 0 and number != tw.BEARER, why.UnknownParty)
    why._demand(st.parties[number] == 0, why.PartyTaken)
    self._assert_possession(handle, key, r, vs)
    st.parties[number] = convert(key, uint256)
    if not st.sealed:
        st.sealed = True
    log ev.PartyRegistered(handle=handle, key=key)


@external
def rotate_key(handle: uint32, key: address, r: bytes32, vs: uint256):
    """
    @notice Replace a party's key by a new one of its own; no title word changes (I10).
    """
    number: uint256 = convert(handle, uint256)
    st._only_party(number)
    self._assert_possession(handle, key, r, vs)
    st._rotate(number, key)
    log ev.KeyRotated(handle=handle, key=key)


@internal
@view
def _assert_possession(handle: uint32, key: address, r: bytes32, vs: uint256):
    signer: address = td._signer(keccak256(abi_encode(POSSESSION_TYPE, handle, key)), r, vs)
    why._demand(signer == key, why.BadPossession)


# Suspension 暂停参与方.


@external
def suspend(handle: uint32, reason: bytes32):
    """
    @notice Stop a party's acts, and those of its agents. No title moves, and neither a hold nor the party's
            veto of a recovery is stopped.
    """
    st._only_office(st.REGISTRAR)
    number: uint256 = convert(handle, uint256)
    st._only_known(number)
    why._demand(st.parties[number] & st.SUSPENDED == 0, why.Suspended)
    st.parties[number] |= st.SUSPENDED
    log ev.PartySuspended(handle=handle, reason=reason)


@external
def restore(handle: uint32, reason: bytes32):
    """
    @notice Let a suspended party act again 恢复参与方.
    """
    st._only_office(st.REGISTRAR)
    number: uint256 = convert(handle, uint256)
    why._demand(st.parties[number] & st.SUSPENDED != 0, why.NotSuspended)
    st.parties[number] &= ~st.SUSPENDED
    log ev.PartyRestored(handle=handle, reason=reason)


# Delegation 委托.


@external
def delegate(handle: uint32, agent: address, scope: bytes32, acts: uint16, until: uint40, cap: uint64):
    """
    @notice Let an agent act for a party: these acts, until then, for titles of this quantity together.
    @param scope One title, or zero for all of the party's.
    """
    number: uint256 = convert(handle, uint256)
    st._only_party(number)
    allowed: uint256 = convert(acts, uint256)
    st._assert_key(agent)
    why._demand(allowed != 0 and allowed < 16, why.UnknownAct)
    why._demand(convert(until, uint256) >= block.timestamp, why.DelegationExpired)
    amount: uint256 = convert(cap, uint256)
    why._demand(amount != 0, why.QuantityOutOfRange)
    grant: uint256 = allowed | (convert(until, uint256) << st.EXPIRY_AT) | (amount << st.CAP_AT)
    st.delegations[st._grantor(number)][agent][scope] = grant
    log ev.Delegated(handle=handle, agent=agent, scope=scope, grant=grant)


@external
def revoke_delegation(handle: uint32, agent: address, scope: bytes32):
    """
    @notice Take back what an agent may do.
    """
    number: uint256 = convert(handle, uint256)
    st._only_party(number)
    grantor: uint256 = st._grantor(number)
    why._demand(st.delegations[grantor][agent][scope] != 0, why.NotDelegated)
    st.delegations[grantor][agent][scope] = 0
    log ev.DelegationRevoked(handle=handle, agent=agent, scope=scope)


# Recovery of a lost key 密钥恢复: a quorum of guardians, a delay, and a veto of the old key.


@external
def vote_recovery(handle: uint32, key: address, guardian: uint8, r: bytes32, vs: uint256):
    """
    @notice One guardian's vote for a party's new key, which proves that it is held by signing.
    """
    number: uint256 = convert(handle, uint256)
    seat: uint256 = convert(guardian, uint256)
    why._demand(seat < MOST_GUARDIANS, why.UnknownOffice)
    st._only_office(st.GUARDIANS + seat)
    st._only_known(number)
    self._assert_possession(handle, key, r, vs)
    grantor: uint256 = st._grantor(number)
    word: uint256 = st.recoveries[grantor][key]
    why._demand((word >> seat) & 1 == 0, why.AlreadyVoted)
    word |= 1 << seat
    # Without its two lowest votes it has one left: the quorum of three, reached now.
    rest: uint256 = word & 255
    rest &= unsafe_sub(rest, 1)
    rest &= unsafe_sub(rest, 1)
    if rest != 0 and rest & unsafe_sub(rest, 1) == 0:
        word |= (block.timestamp + RECOVERY_DELAY) << READY_AT
    st.recoveries[grantor][key] = word
    log ev.RecoveryVoted(handle=handle, key=key, recovery=word)


@external
def veto_recovery(handle: uint32, key: address):
    """
    @notice The party's present key ends a recovery: it is not lost. No suspension stops a veto.
    """
    number: uint256 = convert(handle, uint256)
    why._demand(st.parties[number] & st.KEY_MASK == convert(st._actor(), uint256), why.NotHolder)
    grantor: uint256 = st._grantor(number)
    why._demand(st.recoveries[grantor][key] != 0, why.NoRecovery)
    st.recoveries[grantor][key] = 0
    log ev.RecoveryVetoed(handle=handle, key=key)


@external
def complete_recovery(handle: uint32, key: address):
    """
    @notice Let a new key take the old one's place after the delay; anybody may. No title word changes
            (I10), what the old key delegated is void, and a suspended party stays so.
    """
    number: uint256 = convert(handle, uint256)
    ready: uint256 = st.recoveries[st._grantor(number)][key] >> READY_AT
    why._demand(ready != 0, why.NoQuorum)
    why._demand(block.timestamp > ready, why.RecoveryDelayed)
    st._rotate(number, key)
    log ev.KeyRotated(handle=handle, key=key)


# Gates of many titles 批量放行.


@external
def satisfy_many(gate: uint8, batch: DynArray[bytes32, MOST], evidence: bytes32):
    """
    @notice Satisfy one gate of many titles, as a release list does; all of them or none.
    """
    st._only_office(st._gatekeeper(gate))
    mask: uint256 = 1 << (tw.SATISFIED_AT + convert(gate, uint256))
    for title: bytes32 in batch:
        word: uint256 = st.titles[title]
        state: uint256 = word & tw.STATE_MASK
        why._demand(state != tw.ABSENT and state < tw.ENDED, why.NotLive)
        why._demand(word & mask == 0, why.GateUnchanged)
        changed: uint256 = tw._bump(word) | mask
        st.titles[title] = changed
        log ev.GateSatisfied(title=title, word=changed, evidence=evidence)


# Offices and ownership.


@external
def appoint(office: uint32, key: address):
    """
    @notice Fill a vacant office. One that is kept is its keeper's to hand over, so that the owner can
            neither clear a hold nor release goods (I8, I9); only the registrar is the owner's own.
    @dev An authority that stands before the first party is registered has a voice in seizures, and no
         other ever gains one: so the owner cannot seize by authorities of its own making (I9). For the same
         reason no guardian is appointed from then on: three of the owner's could take any party's key.
    """
    st._only_owner()
    number: uint256 = convert(office, uint256)
    why._demand(number == st.REGISTRAR or (number >= st.ISSUERS and number < st.OFFICES_END), why.UnknownOffice)
    st._assert_key(key)
    why._demand(number == st.REGISTRAR or st.offices[number] == 0, why.OfficeTaken)
    why._demand(number < st.GUARDIANS or not st.sealed, why.Sealed)
    kept: uint256 = convert(key, uint256)
    if number >= st.AUTHORITIES and number < st.GATEKEEPERS and not st.sealed:
        kept |= st.MAY_SEIZE
    st.offices[number] = kept
    log ev.OfficeChanged(office=office, key=key)


@external
def hand_over(office: uint32, key: address):
    """
    @notice Hand an office over to another key of the same organisation, or leave it vacant (zero); a vacant
            one has no voice in seizures any more, and a guardian's is never filled again.
    """
    number: uint256 = convert(office, uint256)
    st._only_office(number)
    kept: uint256 = convert(key, uint256)
    if key != empty(address):
        st._assert_key(key)
        kept |= st.offices[number] & st.MAY_SEIZE
    st.offices[number] = kept
    log ev.OfficeChanged(office=office, key=key)


@external
def pause(office: uint32):
    """
    @notice Stop an issuer or a terminal: no issue, order, release, collect or nullify by it.
    """
    st._only_owner()
    number: uint256 = convert(office, uint256)
    why._demand(number >= st.ISSUERS and number < st.AUTHORITIES, why.CannotPause)
    kept: uint256 = st.offices[number]
    why._demand(kept & st.PAUSED == 0, why.Paused)
    st.offices[number] = kept | st.PAUSED
    log ev.Paused(office=office)


@external
def unpause(office: uint32):
    """
    @notice Let a paused office go on.
    """
    st._only_owner()
    number: uint256 = convert(office, uint256)
    kept: uint256 = st.offices[number]
    why._demand(kept & st.PAUSED != 0, why.NotPaused)
    st.offices[number] = kept & st.KEY_MASK
    log ev.Unpaused(office=office)


@external
def pause_many(offices: DynArray[uint32, MOST], stop: bool):
    """
    @notice Stop many offices at once, or let them go on: every issuer, every terminal, all of both. One that is
            so already is passed over.
    """
    st._only_owner()
    for office: uint32 in offices:
        number: uint256 = convert(office, uint256)
        why._demand(number >= st.ISSUERS and number < st.AUTHORITIES, why.CannotPause)
        kept: uint256 = st.offices[number]
        if (kept & st.PAUSED != 0) != stop:
            st.offices[number] = kept ^ st.PAUSED
            if stop:
                log ev.Paused(office=office)
            else:
                log ev.Unpaused(office=office)


# The ledger that follows 后继账本.


@external
def name_successor(ledger: address):
    """
    @notice Name the ledger that titles may move to, not before a delay in which all parties can look at it.
    """
    st._only_owner()
    st._assert_key(ledger)
    opens: uint256 = block.timestamp + SUCCESSION_DELAY
    st.successor = (opens << 160) | convert(ledger, uint256)
    log ev.SuccessorNamed(ledger=ledger, opens=opens)


@external
def set_log_key(key: address):
    """
    @notice Name the key that anchors; the anchored size stays.
    """
    st._only_owner()
    st._assert_key(key)
    st.head = (convert(key, uint256) << 64) | (st.head & (2**64 - 1))
    log ev.LogKeyChanged(key=key)


@external
def propose_owner(key: address):
    """
    @notice First of two steps: nothing changes until the proposed key accepts. Zero takes it back.
    """
    st._only_owner()
    if key != empty(address):
        st._assert_key(key)
    st.proposed_owner_key = key
    log ev.OwnershipProposed(key=key)


@external
def accept_ownership():
    """
    @notice Second step, by the proposed key itself.
    """
    why._demand(msg.sender == st.proposed_owner_key, why.NotProposed)
    st.owner_key = msg.sender
    st.proposed_owner_key = empty(address)
    log ev.OwnershipAccepted(key=msg.sender)
