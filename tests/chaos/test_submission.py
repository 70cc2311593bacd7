"""Submission on real nodes: wrong code, endpoints at odds, an empty wallet, batches (S73, S74)."""

from dataclasses import replace

import pytest

from ledger.chain.client import ChainClient
from tests.chaos.ledger_parts import chain_node
from tests.chaos.test_chain_gone import Sea
from tests.counterparts.signer import SignerElsewhere
from tests.yidan.proof.test_service import free_port
from yidan.proof import fsck, setup
from yidan.proof.service import Ledger

pytestmark = pytest.mark.integration


@pytest.fixture
def sea(tmp_path):
    found = Sea(tmp_path)
    yield found
    found.close()


def begun_again(sea, **settings):
    """The same installation with other settings, its ledger started anew."""
    sea.ledger.close()
    sea.settings = replace(sea.settings, **settings)
    sea.services = replace(sea.services, settings=sea.settings)
    sea.ledger = Ledger(sea.services)


def rounds(sea, count=4):
    for _ in range(count):
        sea.round()


@pytest.mark.parametrize(
    ("chain_id", "alarm"), [(20_252, "chain-disagrees"), (20_251, "wrong-chain")]
)
def test_s73_endpoints_at_odds_send_nothing_and_releases_go_on(sea, tmp_path, chain_id, alarm):
    sea.chain_comes()
    sea.witnesses_come(1, 2, 3)
    right = sea.port.ready()
    sea.until(sea.all_anchored)
    before = sea.anchors()
    other = replace(sea.settings, var=tmp_path / "other", node_port=free_port(), chain_id=chain_id)
    with chain_node(other):
        begun_again(sea, chain_second_url=other.chain_rpc_url)
        sea.port.assigned(right.id, plate="苏GA9999")
        rounds(sea)
        assert alarm in sea.alarms()
        assert sea.measured().stopped == ""
        assert sea.measured().leaves > sea.measured().anchored_size
        assert sea.anchors() == before
    begun_again(sea, chain_second_url=sea.settings.chain_rpc_url)
    sea.until(sea.all_anchored)
    assert fsck.check(sea.services.engine, sea.settings).findings == ()


def test_s73_where_the_contract_was_there_is_none_and_nothing_is_sent(sea, tmp_path):
    sea.chain_comes()
    sea.witnesses_come(1, 2, 3)
    right = sea.port.ready()
    sea.until(sea.all_anchored)
    sea.chain_goes()
    elsewhere = replace(sea.settings, node_port=free_port(), var=tmp_path / "other")
    (tmp_path / "other/keys").mkdir(parents=True)
    (tmp_path / "other/keys/relayer").write_bytes(setup.relayer_key(sea.settings))
    (tmp_path / "other/keys/relayer").chmod(0o600)
    with chain_node(elsewhere):
        begun_again(sea, node_port=elsewhere.node_port)
        sea.port.assigned(right.id, plate="苏GA9999")
        rounds(sea)
        assert "wrong-chain" in sea.alarms()
        client = ChainClient.connect(elsewhere.chain_rpc_url)
        assert client.nonce(setup.relayer(sea.settings).address) == 0


def test_s74_with_an_empty_wallet_the_age_alarm_fires_and_releases_go_on(sea, monkeypatch):
    monkeypatch.setattr(setup, "GENESIS_BALANCE_WEI", 0)
    sea.chain_comes()
    sea.witnesses_come(1, 2, 3)
    begun_again(sea, anchor_alarm_s=0)
    right = sea.port.ready()
    rounds(sea)
    assert "anchor-age" in sea.alarms()
    sea.port.assigned(right.id, plate="苏GA9999")
    rounds(sea, 2)
    found = sea.measured()
    assert (found.stopped, found.anchored_size, found.events_not_logged) == ("", 0, 0)


def test_a_signer_elsewhere_signs_for_a_whole_installation(tmp_path):
    with SignerElsewhere() as signer:
        sea = Sea(tmp_path)
        begun_again(sea, signer_url=signer.url, signer_address=signer.address)
        sea.chain_comes()
        sea.witnesses_come(1, 2, 3)
        sea.port.ready()
        sea.until(sea.all_anchored)
        assert sea.anchors()[-1] == sea.measured().leaves
        assert not (sea.settings.var / "keys/relayer").exists()
        sea.close()
