"""A witness that signs with Ed25519 and ML-DSA-44 is asked for both, and both are shown."""

from dataclasses import replace

import pytest

from ledger import checkpoint as checkpoints
from ledger.policy import Group, Witness
from ledger.verify import Outcome, verify_followed
from ledger.witness.keys import load_or_create
from tests.yidan.proof.conftest import House
from yidan.kernel.errors import RefusedError
from yidan.proof import bundles, setup
from yidan.proof.bundles import Form


@pytest.fixture
def house(services):
    """An installation whose first witness has both keys, and whose policy needs both."""
    own = setup.witness_settings(services.settings, 1)
    keys = load_or_create(own.folder, own.name, with_mldsa44=True)
    built = House(services)
    first, old = built.policy.witnesses[0], built.policy
    second = Witness("second-key", keys.vkeys[1], first.url)
    both = Group("both", 2, (old.quorum, second.name))
    policy = replace(
        old, witnesses=(*old.witnesses, second), groups=(*old.groups, both), quorum=both.name
    )
    setup.write_policy(built.settings, policy)
    yield built
    built.http.close()


def test_its_checkpoints_carry_both_lines_and_its_bundles_prove_them(house):
    house.weigh(1, 2)
    signed = house.log()
    assert house.trust.met_by(signed.note) == house.policy
    _, lines = checkpoints.parse_signed(signed.note)
    assert max(len(line.payload) for line in lines) == 8 + 2420
    with house.reading() as connection:
        data = bundles.of_subject(connection, house.trust, "box:MSKU1234565")
    verdict = verify_followed(data, house.trust)
    assert verdict.outcome is Outcome.VALID
    assert any(one.startswith("witness: second-key") for one in verdict.checked)
    with pytest.raises(RefusedError):
        bundles.written(data, Form.COMPACT)


def test_without_its_second_signature_the_policy_is_not_met(house):
    house.witnesses.down = {1}
    house.weigh(1)
    assert house.trust.met_by(house.log().note) is None
    house.witnesses.down = set()
    assert house.trust.met_by(house.checkpointer.checkpoint().note) is not None
