"""One deployed and furnished ledger for the contract's tests; each test takes titles of its own."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

sys.path.insert(0, str(Path(__file__).parent))

import ledger_chain as lc

_numbers = itertools.count()


@pytest.fixture(scope="session")
def chain(tmp_path_factory):
    chain = lc.LedgerChain(tmp_path_factory.mktemp("contract") / "chain.sqlite3").furnish()
    yield chain
    chain.close()


@pytest.fixture
def title():
    return keccak(text=f"title {next(_numbers)}")


@pytest.fixture
def issued(chain, title):
    chain.send(lc.CARRIER, "issue", title, lc.CARRIER_NO, 1_000, lc.SHIPPER_ID, 0)
    return title


@pytest.fixture
def surrendered(chain, issued):
    chain.send(lc.SHIPPER, "surrender", issued, 1)
    return issued


@pytest.fixture
def ordered(chain, surrendered):
    """An order of 600 of 1,000, number 3."""
    until = lc.START + 10**8
    chain.send(lc.CARRIER, "order", surrendered, 2, lc.TERMINAL_NO, lc.CONSIGNEE_ID, 600, until)
    return surrendered
