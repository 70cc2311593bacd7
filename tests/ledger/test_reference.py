"""The reference pages of the ledger: their examples are true."""

import re
from pathlib import Path

from ledger import aggregate, bundle_compact, policy_file
from ledger.bundle import FORMAT, encode
from ledger.bundle_compact import MAX_COMPACT_SIZE, TEXT_PREFIX
from ledger.verify import as_text, verify_bundle
from ledger.witness import TIME_HEADER
from ledger.witness.cosigner import CLOCK_TOLERANCE_S

REFERENCE = Path(__file__).parents[2] / "docs/reference"


def blocks(page: str) -> list[str]:
    return re.findall(
        r"```\w*\n(.*?)```", (REFERENCE / page).read_text(encoding="utf-8"), re.DOTALL
    )


def test_the_example_bundle_verifies_as_the_page_says():
    _, policy, data, answer, compact = blocks("bundle.md")
    trusted = policy_file.parse(policy.encode())
    for form in (data, compact):
        assert as_text(verify_bundle(form.rstrip("\n").encode(), trusted)) == answer


def test_the_example_is_the_same_bundle_in_both_forms():
    page = (REFERENCE / "bundle.md").read_text(encoding="utf-8")
    _, _, data, _, compact = blocks("bundle.md")
    found = bundle_compact.read(compact.rstrip("\n").encode())
    assert encode(found) == data.rstrip("\n").encode()
    assert f"{len(bundle_compact.pack(found))} bytes instead of {len(data) - 1:,}" in page


def test_the_example_policy_asks_for_customs_and_one_of_the_trade():
    policy = policy_file.parse(blocks("policy.md")[0].encode())
    assert policy.is_met_by({"customs", "carrier"})
    assert not policy.is_met_by({"carrier", "terminal"})
    assert policy.chain.chain_id == 20251


def test_the_pages_name_the_constants_of_the_code():
    bundle_page = (REFERENCE / "bundle.md").read_text(encoding="utf-8")
    policy_page = (REFERENCE / "policy.md").read_text(encoding="utf-8")
    assert f"`{FORMAT}`" in bundle_page
    assert f"`{TEXT_PREFIX}`" in bundle_page
    assert f"longer than {MAX_COMPACT_SIZE:,} bytes" in bundle_page
    for word in (aggregate.TAG.decode(), aggregate.SET_TAG.decode(), TIME_HEADER):
        assert f"`{word}`" in policy_page
    assert f"within {CLOCK_TOLERANCE_S} seconds" in policy_page
