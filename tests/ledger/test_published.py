"""What a log publishes is read as it stands, and its hand-overs are followed for their signatures.

A rotation may come back to a policy that spoke before: each step is judged by where trust stands.
"""

from dataclasses import replace

import pytest

from ledger import policy_file
from ledger.monitor import Kind
from ledger.policy import Policy
from ledger.published import Followed, RemoteTiles, follow
from ledger.remote import UnreachableError
from ledger.succession import History
from ledger.tiles import TileMissingError
from tests.ledger.webs import URL, Published, told


def test_a_partial_tile_that_was_dropped_is_taken_from_the_wider_one():
    tile = bytes(range(256)) * 32
    full = Published({f"{URL}/tile/0/000": tile})
    assert RemoteTiles(URL, 600, full).read_tile(0, 0, 7) == tile[: 7 * 32]
    partial = Published({f"{URL}/tile/0/002.p/88": tile[: 88 * 32]})
    tiles = RemoteTiles(URL, 600, partial)
    assert tiles.read_tile(0, 2, 7) == tile[: 7 * 32]
    with pytest.raises(TileMissingError):
        tiles.read_tile(0, 2, 89)


@pytest.fixture
def policies(cast):
    """Three policies of one log: A of the conftest, B and C with another operator's words."""

    def named(words) -> Policy:
        first, *others = cast.policy.witnesses
        return replace(cast.policy, witnesses=(replace(first, operator=words), *others))

    return cast.policy, named("B"), named("C")


@pytest.fixture
def step(hand_over):
    """A step as a log tells it."""

    def made(old, new, size, **more):
        note = hand_over(old, new, size, **more)
        return {"policy": policy_file.write(new).decode(), "note": note.decode()}

    return made


@pytest.fixture
def from_told():
    """Follow, from some trust, the steps that a log tells of."""

    def followed(trust, *steps):
        return follow(trust, URL, Published({f"{URL}/successions": told(*steps)}))

    return followed


def test_steps_that_the_old_trust_signed_are_followed_wherever_they_come_from(
    policies, step, from_told
):
    a, b, _ = policies
    assert follow(History(a), URL, Published()) == Followed(History(a))
    assert from_told(History(a)) == Followed(History(a))
    found = from_told(History(a), step(a, b, 9))
    assert (found.trust.policies, found.refused) == ((a, b), ())
    assert from_told(found.trust, step(a, b, 9)) == found
    assert from_told(History(b), step(a, b, 9)) == Followed(History(b))  # who is there already


@pytest.mark.parametrize("last", [12, 15])
def test_a_rotation_back_and_on_is_followed_from_wherever_one_began(
    policies, step, from_told, last
):
    """A to B, back to A, on to C: the second step leads to a policy that is known."""
    a, b, c = policies
    steps = step(a, b, 9), step(b, a, 12), step(a, c, last)
    for began in (
        History(a),
        from_told(History(a), *steps[:1]).trust,
        from_told(History(a), *steps[:2]).trust,
    ):
        found = from_told(began, *steps)
        assert (found.trust.policies, found.refused) == ((a, b, a, c), ())
    assert from_told(History(b), *steps).trust.policies == (b, a, c)
    assert from_told(History(c), *steps) == Followed(History(c))
    speaking = from_told(History(a), *steps).trust
    origin = a.logs[0].key.name
    assert [speaking.at(origin, size) for size in (9, 12, 16)] == [a, b, c]


def test_a_step_that_was_not_signed_is_told_and_leads_nowhere(policies, step, from_told):
    a, b, c = policies
    forged = step(a, b, 9, names=())
    found = from_told(History(a), forged, step(b, c, 12))
    assert found.trust == History(a)
    (refused,) = found.refused
    assert refused.kind is Kind.NOT_HANDED_OVER
    assert refused.message.startswith("the hand-over at 9 leaves: the old witnesses")
    assert refused.notes == (forged["note"].encode(),)
    assert from_told(History(a), forged, step(a, b, 9)).trust.policies == (a, b)


def test_what_is_no_list_of_steps_is_no_answer(policies, step, from_told):
    a, b, _ = policies
    good = step(a, b, 9)
    for wrong in ({}, 1, [], {**good, "policy": ""}, {**good, "note": "\ud800"}, {"note": "a"}):
        with pytest.raises(UnreachableError, match="/successions is no list of steps"):
            from_told(History(a), wrong)
    for data in (b"nonsense", b"[]", b"1", b'{"steps": 1}', b"[" * 200_000):
        with pytest.raises(UnreachableError, match="/successions is no"):
            follow(History(a), URL, Published({f"{URL}/successions": data}))
