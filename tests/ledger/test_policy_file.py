"""Policy files: read as the specification says, written back, every fault named by its line."""

import pytest

from ledger import policy_file
from ledger.policy import PolicyError

LOG = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


@pytest.fixture(scope="module")
def vkeys(cast):
    return [witness.key.encode() for witness in cast.policy.witnesses]


@pytest.fixture(scope="module")
def bls_line(cast):
    key = cast.policy.witnesses[0].bls
    return f"{key.public_key.hex()} {key.proof.hex()}"


def test_a_policy_is_written_and_read_back(cast):
    assert policy_file.parse(policy_file.write(cast.policy)) == cast.policy


def test_the_layout_is_as_free_as_the_specification_lets_it(vkeys):
    text = (
        f"# a comment\n\n \t \n\tlog   {LOG}\t https://log.example/ \n"
        f"witness 海关 {vkeys[0]}\n  # another\nwitness b {vkeys[1]} https://b.example\n"
        "group g any 海关 b\ngroup h all g\nquorum h\n"
    )
    policy = policy_file.parse(text.encode())
    assert policy.logs[0].url == "https://log.example/"
    assert [w.name for w in policy.witnesses] == ["海关", "b"]
    assert [(g.threshold, g.members) for g in policy.groups] == [(1, ("海关", "b")), (1, ("g",))]
    assert policy.is_met_by({"b"})
    assert policy.chain is None


def test_names_are_opaque_octets(vkeys):
    data = f"witness K {vkeys[0]}\n".encode() + b"witness \xff\xfe " + vkeys[1].encode()
    policy = policy_file.parse(data + b"\nquorum \xff\xfe\n")
    assert policy.is_met_by({policy.witnesses[1].name})
    assert policy_file.parse(policy_file.write(policy)) == policy


def test_the_operator_is_told_in_words(vkeys):
    text = f"witness a {vkeys[0]}\noperator a Qingdao   Customs 青岛海关\nquorum a\n"
    assert policy_file.parse(text.encode()).witnesses[0].operator == "Qingdao Customs 青岛海关"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "last line"),
        ("quorum none", "last line"),
        ("# nothing\n", "no quorum"),
        ("quorum none\nquorum none\n", "line 2: the quorum is said twice"),
        ("quorum a\n", "line 1: a is not defined"),
        ("quorum none\r\n", "control character"),
        ("quorum none \x7f\n", "control character"),
        ("quorum\u00a0none\n", "line 1: not a line"),
        ("Quorum none\n", "line 1: not a line"),
        ("quorum\n", "not a line"),
        ("log\n", "not a line"),
        ("log A https://a b\n", "not a line"),
        ("log nonsense\n", "line 1: a verifier key"),
        ("log W0\n", "type 01"),
        ("log L\nlog L\n", "line 2: a log is there twice"),
        ("log L\nlog L2\n", "one origin"),
        ("witness a L\n", "type 04"),
        ("witness a W0\nwitness b W0\n", "a witness is there twice"),
        ("witness a W0\nwitness a W1\n", "taken"),
        ("witness none W0\n", "taken"),
        ("witness a W0 u v\n", "not a line"),
        ("witness a W0\ngroup a any a\n", "taken"),
        ("witness a W0\ngroup g any\n", "not a line"),
        ("witness a W0\ngroup g any b\n", "b is not defined"),
        ("witness a W0\ngroup g any a none\n", "none is not defined"),
        ("witness a W0\ngroup g any a a\n", "in a group already"),
        ("witness a W0\ngroup g any a\ngroup h any a\n", "in a group already"),
        ("witness a W0\ngroup g 2 a\n", "threshold"),
        ("witness a W0\ngroup g 0 a\n", "decimal"),
        ("witness a W0\ngroup g 01 a\n", "decimal"),
        ("chain 1 0xABABABABABABABABABABABABABABABABABABABAB\n", "20 bytes"),
        ("chain 1 abababababababababababababababababababab\n", "0x"),
        ("chain 0 C\n", "decimal"),
        ("chain 1 C\nchain 1 C\n", "chain is said twice"),
        ("operator a x\n", "no witness"),
        ("witness a W0\noperator a\n", "not a line"),
        ("witness a W0\noperator a x\noperator a y\n", "said twice"),
        ("bls a B\n", "no witness"),
        ("witness a W0\nbls a 00 00\n", "48 bytes"),
        ("witness a W0\nbls a B\nbls a B\n", "said twice"),
        ("witness a W0\nwitness b W1\nbls a B\nbls b B\n", "BLS key is there twice"),
    ],
)
def test_a_fault_is_named(text, reason, vkeys, bls_line):
    words = {"L": LOG, "W0": vkeys[0], "W1": vkeys[1], "B": bls_line, "C": "0x" + "ab" * 20}
    other = policy_file.VerifierKey("example.com/foo", policy_file.KeyType.ED25519, bytes(32))
    words["L2"] = other.encode()
    lines = [" ".join(words.get(w, w) for w in line.split(" ")) for line in text.split("\n")]
    with pytest.raises(PolicyError, match=reason):
        policy_file.parse("\n".join(lines).encode())
