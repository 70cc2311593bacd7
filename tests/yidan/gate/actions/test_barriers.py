"""The barrier: a box leaves once, under its right, on a decision that is alive, or not at all."""

import pytest

from tests.lanes import codes
from yidan.gate.rules.states import TransactionState
from yidan.kernel.errors import RefusedError
from yidan.release.rules.right import RightState


def test_a_box_comes_in_by_name_and_leaves_with_a_receipt(port, right, lanes):
    lanes.inside()
    assert port.right_of().state is RightState.LOCKED_AT_GATE
    out = lanes.goes_out()
    assert (out.state, codes(out)) == (TransactionState.APPROVED, [])
    opened = lanes.opens(out)
    assert opened.transaction.state is TransactionState.COMPLETE
    assert port.right_of().state is RightState.CONSUMED
    assert opened.eir_document_id
    history = port.look("system", lambda uow: uow.history(f"release:{right.release_id}"))
    assert history[-1].event.TYPE == "release.accomplished.v1"


def test_a2_a_used_decision_never_opens_again(port, lanes):
    lanes.inside()
    out = lanes.goes_out()
    lanes.opens(out)
    with pytest.raises(RefusedError) as refused:
        lanes.opens(out)
    assert codes(refused) == ["gate-decision-used"]
    again = lanes.goes_out()
    assert again.state is TransactionState.REJECTED
    assert "right-consumed" in codes(again)
