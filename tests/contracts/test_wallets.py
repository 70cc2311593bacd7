"""Contract wallets (EIP-1271) and accounts with code (EIP-7702): who can be what on the ledger."""

from __future__ import annotations

import ledger_chain as lc
import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from ledger_chain import refused

from ledger.chain import instructions
from ledger.chain.instructions import call_data
from ledger.chain.words import TitleWord

WALLET = bytes.fromhex("ab" * 20)
ADDRESS = to_checksum_address(WALLET)
WHY = keccak(text="why")
LATER_BIT = 6


def forwarder(target):
    """Runtime code that calls the target with the same data, and fails as it fails."""
    before, after = "365f5f375f5f365f5f73", "5af13d5f5f3e602a573d5ffd5b00"
    return bytes.fromhex(before + target[2:] + after)


@pytest.fixture
def playground(chain, issued):
    """Begun when the title is there: a playground sees the chain as it was at its beginning."""
    playground = lc.Playground(chain)
    playground.now = chain.now + 1
    playground.set_code(WALLET, forwarder(chain.contract))
    return playground


def through(playground, account, data, sender=lc.STRANGER):
    """Let a sender make an account's code call the ledger."""
    ledger = playground.chain.contract
    playground.chain.contract = to_checksum_address(account)
    try:
        return playground.run(sender, data)
    finally:
        playground.chain.contract = ledger


def title_of(playground, title):
    return TitleWord.unpack(playground.storage(0, title))


def test_s40_a_contract_wallet_is_no_party_as_it_signs_nothing_itself(chain, playground):
    """No EIP-1271: its owner's signature is its owner's, and recovery finds no contract."""
    handle = 0x1271
    for signer in (lc.BANK, lc.STRANGER):
        typed = chain.possession(handle, lc.key("any"), signer)
        with refused("BadPossession"):
            playground.run(lc.ADMIN, call_data("register", handle, ADDRESS, *typed))
    with refused("BadPossession"):
        proof = chain.possession(lc.BANK_ID, lc.key("any"), lc.BANK)
        playground.run(lc.BANK, call_data("rotate_key", lc.BANK_ID, ADDRESS, *proof))


def test_s40_a_contract_wallet_is_an_agent_and_acts_by_its_own_call(chain, playground, issued):
    until = chain.now + 999
    terms = (lc.SHIPPER_ID, ADDRESS, issued, instructions.MAY_SURRENDER, until, 1_000)
    data = call_data("surrender", issued, 1)
    with refused("NotHolder"):
        through(playground, WALLET, data)
    playground.run(lc.SHIPPER, call_data("delegate", *terms))
    through(playground, WALLET, data)
    assert title_of(playground, issued).sequence == 2


def test_s40_a_contract_wallet_keeps_an_office(playground, issued):
    office = instructions.AUTHORITIES + LATER_BIT
    playground.run(lc.ADMIN, call_data("appoint", office, ADDRESS))
    hold = call_data("hold", issued, LATER_BIT, WHY)
    with refused("NotKeeper"):
        playground.run(lc.STRANGER, hold)
    through(playground, WALLET, hold)
    assert title_of(playground, issued).holds == 1 << LATER_BIT


def test_s40_an_account_with_code_by_eip_7702_sends_and_signs_as_before(chain, playground, issued):
    playground.set_code(lc.SHIPPER.raw_address, bytes.fromhex("ef0100") + WALLET)
    playground.set_code(lc.BANK.raw_address, bytes.fromhex("ef0100") + WALLET)
    playground.run(lc.SHIPPER, chain.transfer_data(issued, lc.BANK_ID))
    assert title_of(playground, issued).holder == lc.BANK_ID
    data = call_data("surrender", issued, 2)
    signed = chain.signed(lc.BANK, data, sequence=2)
    _, events = playground.run(lc.STRANGER, instructions.relay([signed]))
    assert events[-1].arguments["outcomes"] == 1


def test_s40_what_an_accounts_own_code_calls_is_the_accounts_call(playground, issued):
    """Whoever gives an account code answers for it; the ledger sees the account as sender."""
    data = call_data("surrender", issued, 1)
    playground.set_code(lc.CONSIGNEE.raw_address, bytes.fromhex("ef0100") + WALLET)
    with refused("NotHolder"):
        through(playground, lc.CONSIGNEE.raw_address, data)
    playground.set_code(lc.SHIPPER.raw_address, bytes.fromhex("ef0100") + WALLET)
    through(playground, lc.SHIPPER.raw_address, data)
    assert title_of(playground, issued).sequence == 2
