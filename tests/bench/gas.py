"""Gas of every operation, measured on py-evm: `python tests/bench/gas.py` prints `name gas` lines.

Source of the names and budgets: LEDGER 5. `--write` renews the snapshot `tests/bench/gas.json`,
which a test compares. Keys are fixed, so the figures are exact and repeat.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from eth_utils.crypto import keccak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = Path(__file__).with_name("gas.json")
if str(ROOT) not in sys.path:
    sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
sys.path.insert(0, str(ROOT / "tests" / "contracts"))

import ledger_chain as lc  # noqa: E402  # beside the contract's tests, no package

from ledger.chain import instructions  # noqa: E402

BUDGETS = {
    "issue": 55_000,
    "transfer": 38_000,
    "surrender": 38_000,
    "release": 38_000,
    "cycle": 165_000,
    "cycle_batch50": 90_000,
    "cycle_gated": 275_000,
    "cycle_gated_batch": 120_000,
    "cycle_two_step": 290_000,
    "propose": 38_000,
    "accept": 38_000,
    "decline": 38_000,
    "reclaim": 38_000,
    "accept_surrender": 38_000,
    "endorse_in_blank": 38_000,
    "pledge": 60_000,
    "assign_pledge": 40_000,
    "give_notice": 38_000,
    "withdraw_notice": 38_000,
    "discharge": 38_000,
    "foreclose": 38_000,
    "surrender_for_amendment": 60_000,
    "surrender_pledged": 45_000,
    "surrender_pledged_for_amendment": 70_000,
    "reject_amendment": 38_000,
    "replace": 100_000,
    "switch_to_paper": 38_000,
    "switch_back": 90_000,
    "renominate": 38_000,
    "close_with_tolerance": 38_000,
    "reject_surrender": 38_000,
    "order": 60_000,
    "collect": 38_000,
    "revoke_order": 38_000,
    "hold": 38_000,
    "unhold": 38_000,
    "satisfy": 38_000,
    "unsatisfy": 38_000,
    "nullifier_full_word": 200,
    "anchor_cosigned": 40_000,
    "flag_indemnity": 38_000,
    "seize_first_vote": 60_000,
    "seize": 38_000,
    "migrate": 45_000,
    "adopt": 70_000,
    "name_successor": 60_000,
    "suspend": 38_000,
    "restore": 38_000,
    "register": 60_000,
    "rotate_key": 38_000,
    "delegate": 60_000,
    "revoke_delegation": 38_000,
    "vote_recovery": 60_000,
    "veto_recovery": 38_000,
    "complete_recovery": 38_000,
    "appoint": 60_000,
    "hand_over": 38_000,
    "pause": 38_000,
    "unpause": 38_000,
    "pause_many": 10_000,
    "deploy": 8_000_000,
}
"""Upper bound per operation: a later step 38,000, what opens a word of its own 60,000 (LEDGER 5).
Above them are six. `assign_pledge` changes two words and reads two parties' keys; the consent of a
second party travels in `surrender_pledged`, which for amendment opens a word too; `replace` and
`switch_back` open several words; `migrate` and `adopt` read another ledger, and `adopt` opens a
word. `pause_many` is per office."""

QUANTITY_KG = 25_000_000
FULL_WORD = 256
BATCH = 50
DAY = 86_400
ASK = "surrender_for_amendment"


def measure() -> dict[str, int]:
    """Return gas by operation name, in the order of `BUDGETS`."""
    with tempfile.TemporaryDirectory() as folder:
        chain = lc.LedgerChain(Path(folder) / "chain.sqlite3")
        gas = {"deploy": chain.deploy_gas}
        gas["appoint"] = chain.send(lc.ADMIN, "appoint", instructions.ISSUERS + 9, lc.BANK.address)
        chain.furnish()
        for part in PARTS:
            gas |= part(chain)
        chain.close()
    return {name: gas[name] for name in BUDGETS}


def _issue(chain: lc.LedgerChain, name: str) -> tuple[bytes, int]:
    title = keccak(text=name)
    return title, chain.send(
        lc.CARRIER, "issue", title, lc.CARRIER_NO, QUANTITY_KG, lc.SHIPPER_ID, 0
    )


def _cycle(chain: lc.LedgerChain) -> dict[str, int]:
    """Four calls that real parties make; the taker's consent travels in the second."""
    title, issued = _issue(chain, "cycle")
    gas = {
        "issue": issued,
        "transfer": chain.send_data(lc.SHIPPER, chain.transfer_data(title, lc.CONSIGNEE_ID)),
        "surrender": chain.send(lc.CONSIGNEE, "surrender", title, 2),
        "release": chain.send(lc.CARRIER, "release", title, 3, keccak(text="evidence")),
    }
    return gas | {"cycle": sum(gas.values())}


def _pledges(chain: lc.LedgerChain) -> dict[str, int]:
    """A pledge opens the title's second word."""
    title, _ = _issue(chain, "pledged")

    def act(key: lc.Key, function: str, *rest: int) -> int:
        return chain.send(key, function, title, chain.title(title).sequence, *rest)

    gas = {
        "pledge": act(lc.SHIPPER, "pledge", lc.BANK_ID, DAY),
        "assign_pledge": act(lc.BANK, "assign_pledge", lc.CONSIGNEE_ID),
        "give_notice": act(lc.CONSIGNEE, "give_notice"),
        "withdraw_notice": act(lc.CONSIGNEE, "withdraw_notice"),
        "discharge": act(lc.CONSIGNEE, "discharge"),
    }
    act(lc.SHIPPER, "pledge", lc.BANK_ID, DAY)
    act(lc.BANK, "give_notice")
    chain.wait(DAY + 1)
    gas["foreclose"] = act(lc.BANK, "foreclose")
    gas["endorse_in_blank"] = act(lc.BANK, "endorse_in_blank")
    act(lc.BANK, "endorse_in_blank")
    act(lc.BANK, "pledge", lc.SHIPPER_ID, DAY)
    wishes = {"_for_amendment": instructions.lineage(title, [], []), "": bytes(32)}
    for name, wish in wishes.items():
        terms = (title, chain.title(title).sequence, wish)
        consent = chain.pledgee_consent(*terms, signer=lc.SHIPPER)
        data = instructions.surrender_pledged(*terms, lc.START + 10**9, consent)
        gas[f"surrender_pledged{name}"] = chain.send_data(lc.BANK, data)
        if name:
            act(lc.CARRIER, "reject_amendment", bytes(32))
    return gas


def _amendments(chain: lc.LedgerChain) -> dict[str, int]:
    """A split into two, a title to paper and back, and the ends of an order."""
    title, _ = _issue(chain, "amended")
    children = [(keccak(text="child 1"), 1_000), (keccak(text="child 2"), QUANTITY_KG - 1_000)]
    wish = instructions.lineage(title, [], children)
    gas = {"surrender_for_amendment": chain.send(lc.SHIPPER, ASK, title, 1, wish)}
    gas["reject_amendment"] = chain.send(lc.CARRIER, "reject_amendment", title, 2, wish)
    chain.send(lc.SHIPPER, ASK, title, 3, wish)
    gas["replace"] = chain.send(lc.CARRIER, "replace", title, 4, [], children)
    paper, _ = children[0]
    commitment = keccak(text="paper")
    chain.send(lc.SHIPPER, ASK, paper, 1, instructions.paper_lineage(commitment))
    gas["switch_to_paper"] = chain.send(lc.CARRIER, "switch_to_paper", paper, 2, commitment)
    back = (keccak(text="back"), paper, lc.BANK_ID)
    gas["switch_back"] = chain.send(lc.CARRIER, "switch_back", *back)
    return gas | _shortage(chain, children[1][0], QUANTITY_KG - 1_000)


def _shortage(chain: lc.LedgerChain, title: bytes, quantity: int) -> dict[str, int]:
    chain.send(lc.SHIPPER, "surrender", title, 1)
    terms = (lc.TERMINAL_NO, lc.CONSIGNEE_ID, quantity - 1_000, lc.START + 10**8)
    chain.send(lc.CARRIER, "order", title, 2, *terms)
    gas = {"renominate": chain.send(lc.CARRIER, "renominate", title, 3, lc.BANK_ID)}
    ticket = instructions.collect(title, 3, lc.BANK_ID, quantity - 1_000, keccak(text="ticket"))
    chain.send_data(lc.TERMINAL, ticket)
    reason = keccak(text="draft survey")
    return gas | {
        "close_with_tolerance": chain.send(lc.CARRIER, "close_with_tolerance", title, 5, reason)
    }


def _gated(chain: lc.LedgerChain) -> dict[str, int]:
    """The same life, with three gates that their keepers satisfy."""
    title = keccak(text="gated")
    gates = sum(1 << gate for gate in lc.GATES)
    terms = (title, lc.CARRIER_NO, QUANTITY_KG, lc.SHIPPER_ID, gates)
    used = chain.send(lc.CARRIER, "issue", *terms)
    used += chain.send_data(lc.SHIPPER, chain.transfer_data(title, lc.CONSIGNEE_ID))
    for gate, keeper in lc.GATES.items():
        used += chain.send(keeper, "satisfy", title, gate, keccak(text="gate"))
    used += chain.send(lc.CONSIGNEE, "surrender", title, 5)
    return {"cycle_gated": used + chain.send(lc.CARRIER, "release", title, 6, keccak(text="e"))}


def _two_steps(chain: lc.LedgerChain) -> dict[str, int]:
    """Seven calls: the taker accepts in a call of its own, and so does the carrier."""
    title, used = _issue(chain, "two steps")
    offer = (lc.CONSIGNEE_ID, chain.now + 86_400, 3)
    gas = {"propose": chain.send(lc.SHIPPER, "propose", title, 1, *offer)}
    gas["accept"] = chain.send(lc.CONSIGNEE, "accept", title, 2)
    used += chain.send(lc.CONSIGNEE, "surrender", title, 3)
    gas["accept_surrender"] = chain.send(lc.CARRIER, "accept_surrender", title, 4)
    terms = (lc.TERMINAL_NO, lc.CONSIGNEE_ID, QUANTITY_KG, lc.START + 10**8)
    used += chain.send(lc.CARRIER, "order", title, 5, *terms)
    data = instructions.collect(title, 6, lc.CONSIGNEE_ID, QUANTITY_KG, keccak(text="ticket"))
    gas["cycle_two_step"] = used + sum(gas.values()) + chain.send_data(lc.TERMINAL, data)
    title, _ = _issue(chain, "declined")
    chain.send(lc.SHIPPER, "propose", title, 1, lc.BANK_ID, chain.now + 86_400, 3)
    gas["decline"] = chain.send(lc.BANK, "decline", title, 2, keccak(text="why"))
    chain.send(lc.SHIPPER, "propose", title, 3, lc.BANK_ID, chain.now + 10, 3)
    chain.wait(100)
    return gas | {"reclaim": chain.send(lc.BANK, "reclaim", title)}


def _batches(chain: lc.LedgerChain) -> dict[str, int]:
    """Fifty lives in relayed batches, per title; each keeper satisfies its gate by a list."""
    plain, gated = ([keccak(text=f"{kind} {n}") for n in range(BATCH)] for kind in "pg")
    gas = {"cycle_batch50": _lives(chain, plain, 0, ())}
    gates = sum(1 << gate for gate in lc.GATES)
    return gas | {"cycle_gated_batch": _lives(chain, gated, gates, lc.GATES.items())}


def _lives(chain: lc.LedgerChain, titles: list[bytes], gates: int, keepers: Iterable) -> int:
    def issue(title: bytes) -> bytes:
        terms = (lc.CARRIER_NO, QUANTITY_KG, lc.SHIPPER_ID, gates)
        return instructions.call_data("issue", title, *terms)

    def transfer(title: bytes) -> bytes:
        return chain.transfer_data(title, lc.CONSIGNEE_ID)

    def surrender(title: bytes) -> bytes:
        sequence = chain.title(title).sequence
        return instructions.call_data("surrender", title, sequence)

    def release(title: bytes) -> bytes:
        sequence = chain.title(title).sequence
        return instructions.call_data("release", title, sequence, keccak(title))

    used = _relayed(chain, lc.CARRIER, issue, titles)
    used += _relayed(chain, lc.SHIPPER, transfer, titles)
    for gate, keeper in keepers:
        used += chain.send(keeper, "satisfy_many", gate, titles, keccak(text="list"))
    used += _relayed(chain, lc.CONSIGNEE, surrender, titles)
    used += _relayed(chain, lc.CARRIER, release, titles)
    return -(-used // len(titles))


def _relayed(
    chain: lc.LedgerChain, signer: lc.Key, call: Callable[[bytes], bytes], titles: list[bytes]
) -> int:
    batch = [chain.signed(signer, call(title)) for title in titles]
    used = chain.send_data(lc.STRANGER, instructions.relay(batch))
    assert chain.events()[-1].arguments["outcomes"] == (1 << len(batch)) - 1
    return used


def _bulk(chain: lc.LedgerChain) -> dict[str, int]:
    title, _ = _issue(chain, "bulk")
    until = lc.START + 10**8
    chain.send(lc.SHIPPER, "surrender", title, 1)
    gas = {"reject_surrender": chain.send(lc.CARRIER, "reject_surrender", title, 2, keccak(b"why"))}
    chain.send(lc.SHIPPER, "surrender", title, 3)
    terms = (lc.TERMINAL_NO, lc.CONSIGNEE_ID, QUANTITY_KG - 1, until)
    gas["order"] = chain.send(lc.CARRIER, "order", title, 4, *terms)
    evidence = keccak(text="ticket")
    for total in (31_111, 20_062_222):
        data = instructions.collect(title, 5, lc.CONSIGNEE_ID, total, evidence)
        gas["collect"] = chain.send_data(lc.TERMINAL, data)
    gas["revoke_order"] = chain.send(lc.CARRIER, "revoke_order", title, 5)
    return gas


def _authorities(chain: lc.LedgerChain) -> dict[str, int]:
    title, _ = _issue(chain, "held")
    why = keccak(text="reason")
    return {
        "hold": chain.send(lc.CUSTOMS, "hold", title, lc.CUSTOMS_BIT, why),
        "unhold": chain.send(lc.CUSTOMS, "unhold", title, lc.CUSTOMS_BIT, why),
        "satisfy": chain.send(lc.PAYMENT, "satisfy", title, lc.PAYMENT_GATE, why),
        "unsatisfy": chain.send(lc.PAYMENT, "unsatisfy", title, lc.PAYMENT_GATE, why),
    }


def _ledger(chain: lc.LedgerChain) -> dict[str, int]:
    """Per release in one full word, rounded up; the anchor in its steady state, not the first."""
    full = instructions.nullify(lc.TERMINAL_NO, range(FULL_WORD * 7, FULL_WORD * 8))
    gas = {"nullifier_full_word": -(-chain.send_data(lc.TERMINAL, full) // FULL_WORD)}
    for size in (1_000, 1_234_567):
        aggregate = keccak(b"a") + keccak(b"b") + keccak(b"c")
        data = instructions.anchor(size, keccak(text=str(size)), 0b111, aggregate)
        gas["anchor_cosigned"] = chain.send_data(lc.ADMIN, data)
    return gas


def _agents(chain: lc.LedgerChain) -> dict[str, int]:
    """A delegation, and the recovery of a lost key by three guardians."""
    terms = (lc.BANK_ID, lc.STRANGER.address, bytes(32))
    limits = (15, lc.START + 10**9, QUANTITY_KG)
    gas = {"delegate": chain.send(lc.BANK, "delegate", *terms, *limits)}
    gas["revoke_delegation"] = chain.send(lc.BANK, "revoke_delegation", *terms)
    new = (lc.BANK_ID, lc.STRANGER.address)
    proof = chain.possession(lc.BANK_ID, lc.STRANGER)
    gas["vote_recovery"] = chain.send(lc.GUARDIANS[0], "vote_recovery", *new, 0, *proof)
    gas["veto_recovery"] = chain.send(lc.BANK, "veto_recovery", *new)
    for seat, guardian in enumerate(lc.GUARDIANS[:3]):
        chain.send(guardian, "vote_recovery", *new, seat, *proof)
    chain.wait(4 * DAY)
    return gas | {"complete_recovery": chain.send(lc.CARRIER, "complete_recovery", *new)}


def _seizure(chain: lc.LedgerChain) -> dict[str, int]:
    """Two authorities' votes; and the flag that goods left without the title."""
    handle, evidence = 0xC0DE, keccak(text="court order")
    chain.register(handle, lc.COURT)
    title, _ = _issue(chain, "seized")
    gas = {"flag_indemnity": chain.send(lc.CARRIER, "flag_indemnity", title, evidence)}
    chain.send(lc.CUSTOMS, "hold", title, lc.CUSTOMS_BIT, evidence)
    chain.send(lc.COURT, "hold", title, lc.COURT_BIT, evidence)
    vote = (handle, evidence)
    gas["seize_first_vote"] = chain.send(lc.COURT, "seize", title, lc.COURT_BIT, *vote)
    return gas | {"seize": chain.send(lc.CUSTOMS, "seize", title, lc.CUSTOMS_BIT, *vote)}


def _succession(chain: lc.LedgerChain) -> dict[str, int]:
    """A title that moves to another ledger."""
    new = chain.another().furnish()
    gas = {"name_successor": chain.send(lc.ADMIN, "name_successor", new.contract)}
    chain.wait(8 * DAY)
    title, _ = _issue(chain, "moved")
    chain.send(lc.SHIPPER, ASK, title, 1, instructions.successor_lineage(new.contract))
    gas["migrate"] = chain.send(lc.CARRIER, "migrate", title, 2)
    return gas | {"adopt": new.send(lc.CARRIER, "adopt", title, chain.contract, lc.CARRIER_NO)}


def _suspension(chain: lc.LedgerChain) -> dict[str, int]:
    """A party, and per office the pause of many at once."""
    why = keccak(text="why")
    offices = [instructions.ISSUERS + number for number in range(20, 20 + BATCH)]
    for office in offices:
        chain.send(lc.ADMIN, "appoint", office, lc.CARRIER.address)
    return {
        "suspend": chain.send(lc.ADMIN, "suspend", lc.BANK_ID, why),
        "restore": chain.send(lc.ADMIN, "restore", lc.BANK_ID, why),
        "pause_many": -(-chain.send(lc.ADMIN, "pause_many", offices, True) // BATCH),
    }


def _keys(chain: lc.LedgerChain) -> dict[str, int]:
    handle, office = 0x99AABBCC, instructions.TERMINALS + lc.TERMINAL_NO
    new = lc.STRANGER
    registered = chain.register(handle, lc.RIVAL_CARRIER)
    proof = chain.possession(handle, new)
    return {
        "register": registered,
        "rotate_key": chain.send(lc.RIVAL_CARRIER, "rotate_key", handle, new.address, *proof),
        "pause": chain.send(lc.ADMIN, "pause", office),
        "unpause": chain.send(lc.ADMIN, "unpause", office),
        "hand_over": chain.send(lc.TERMINAL, "hand_over", office, new.address),
    }


PARTS = (
    _cycle,
    _gated,
    _two_steps,
    _batches,
    _pledges,
    _amendments,
    _bulk,
    _authorities,
    _ledger,
    _seizure,
    _succession,
    _suspension,
    _keys,
    _agents,
)


def main(arguments: list[str]) -> int:
    """Print the table; renew the snapshot if asked to; return 1 if a budget is passed."""
    measured = measure()
    for name, gas in measured.items():
        sys.stdout.write(f"{name} {gas}\n")
    if "--write" in arguments:
        SNAPSHOT.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    over = [name for name, gas in measured.items() if gas > BUDGETS[name]]
    for name in over:
        sys.stderr.write(f"{name} is over its budget of {BUDGETS[name]}\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
