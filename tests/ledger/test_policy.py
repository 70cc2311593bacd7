"""Policies: who must have signed a checkpoint, and what is refused."""

from dataclasses import replace

import pytest

from ledger import checkpoint as checkpoints
from ledger import policy as policies
from ledger.note import Signature
from ledger.policy import Group, Policy, PolicyError

TIME = 1_700_000_000


@pytest.fixture
def signed(cast, head):
    """Return a checkpoint's signatures by the log and the named witnesses."""

    def by(*names, log=True):
        lines = [checkpoints.sign(head(9), cast.log)] if log else []
        for offset, name in enumerate(names):
            key = cast.keys[name]
            lines.append(checkpoints.cosign(head(9), f"{name}.example/w", key, TIME + offset))
        return lines

    return by


def test_a_quorum_meets_the_policy_and_its_times_are_told(cast, head, signed):
    verified = policies.check(cast.policy, head(9), signed("carrier", "customs"))
    assert verified.log.key.name == cast.origin
    assert {w.name: time for w, time in verified.times.items()} == {
        "carrier": TIME,
        "customs": TIME + 1,
    }


def test_one_witness_is_no_quorum(cast, head, signed):
    with pytest.raises(PolicyError, match="no quorum"):
        policies.check(cast.policy, head(9), signed("carrier"))


def test_one_witness_signing_twice_is_no_quorum(cast, head, signed):
    with pytest.raises(PolicyError, match="no quorum"):
        policies.check(cast.policy, head(9), signed("carrier", "carrier"))


def test_the_log_must_have_signed(cast, head, signed):
    with pytest.raises(PolicyError, match="log did not sign"):
        policies.check(cast.policy, head(9), signed("carrier", "customs", log=False))


def test_an_unknown_log_is_refused(cast, head, signed):
    other = replace(head(9), origin="other.example/log")
    with pytest.raises(PolicyError, match="does not know"):
        policies.check(cast.policy, other, signed("carrier", "customs"))


def test_a_false_signature_of_a_known_key_spoils_the_whole(cast, head, signed):
    lines = signed("carrier", "customs", "terminal")
    for place in range(4):
        bad = list(lines)
        payload = bad[place].payload
        bad[place] = replace(bad[place], payload=payload[:-1] + bytes([payload[-1] ^ 1]))
        with pytest.raises(PolicyError, match="does not verify"):
            policies.check(cast.policy, head(9), bad)


def test_an_unknown_signature_is_ignored_unless_strict(cast, head, signed):
    lines = [*signed("carrier", "customs"), Signature("unknown.example", b"abcd", b"x")]
    policies.check(cast.policy, head(9), lines)
    with pytest.raises(PolicyError, match="unknown"):
        policies.check(cast.policy, head(9), lines, strict=True)


@pytest.mark.parametrize("place", [0, 1])
def test_a_repeated_signature_is_refused_when_strict(cast, head, signed, place):
    lines = signed("carrier", "customs")
    policies.check(cast.policy, head(9), lines, strict=True)
    with pytest.raises(PolicyError, match="repeated"):
        policies.check(cast.policy, head(9), [*lines, lines[place]], strict=True)


def test_nested_groups_count_as_the_specification_says(cast):
    nested = replace(
        cast.policy,
        groups=(Group("trade", 1, ("carrier", "terminal")), Group("both", 2, ("trade", "customs"))),
        quorum="both",
    )
    assert nested.is_met_by({"carrier", "customs"})
    assert not nested.is_met_by({"carrier", "terminal"})
    assert not nested.is_met_by({"customs", "stranger"})
    assert not nested.is_met_by({"both"})


def test_a_quorum_may_be_one_witness_or_none():
    assert Policy((), (), (), "none").is_met_by(())
    assert not Policy((), (), (), "someone").is_met_by(())
