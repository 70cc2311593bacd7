"""The reference pages of the ledger: their examples are true."""

import re
from pathlib import Path

from ledger import aggregate, policy_file
from ledger.bundle import FORMAT
from ledger.verify import as_text, verify_bundle
from ledger.witness import TIME_HEADER
from ledger.witness.cosigner import CLOCK_TOLERANCE_S

REFERENCE = Path(__file__).parents[2] / "docs/reference"


def blocks(page: str) -> list[str]:
    return re.findall(
        r"```\w*\n(.*?)```", (REFERENCE / page).read_text(encoding="utf-8"), re.DOTALL
    )


def test_the_example_bundle_verifies_as_the_page_says():
    _, policy, data, answer = blocks("bundle.md")
    verdict = verify_bundle(data.rstrip("\n").encode(), policy_file.parse(policy.encode()))
    assert as_text(verdict) == answer


def test_the_example_policy_asks_for_customs_and_one_of_the_trade():
    policy = policy_file.parse(blocks("policy.md")[0].encode())
    assert policy.is_met_by({"customs", "carrier"})
    assert not policy.is_met_by({"carrier", "terminal"})
    assert policy.chain.chain_id == 20251


def test_the_pages_name_the_constants_of_the_code():
    bundle_page = (REFERENCE / "bundle.md").read_text(encoding="utf-8")
    policy_page = (REFERENCE / "policy.md").read_text(encoding="utf-8")
    assert f"`{FORMAT}`" in bundle_page
    for word in (aggregate.TAG.decode(), aggregate.SET_TAG.decode(), TIME_HEADER):
        assert f"`{word}`" in policy_page
    assert f"within {CLOCK_TOLERANCE_S} seconds" in policy_page
