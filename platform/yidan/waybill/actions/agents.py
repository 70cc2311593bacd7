"""Acting for the carrier of a bill: the carrier itself, or an agent that it appointed (船代).

The one door for acceptance, releases and whatever else binds the carrier. That a bill names an
agent is its forwarder's word alone; see `parties.rules.acting_findings`.
"""

from collections.abc import Collection

from yidan.kernel.errors import ForbiddenError
from yidan.kernel.reasons import Role, reason
from yidan.parties.actions import act_as_agent
from yidan.store.unit_of_work import UnitOfWork
from yidan.waybill.tables import Bill

NOT_THE_CARRIER = reason(
    "not-the-carrier",
    en="This is done by the carrier of the bill's main leg or by an agent that it appointed.",
    zh="此操作须由运单主运输段承运人或其委托的船代执行。",
    owner=Role.CARRIER,
)


def act_for_carrier(uow: UnitOfWork, bill: Bill, ports: Collection[str]) -> None:
    """Make sure that the acting party may bind the carrier of a bill now.

    Args:
        uow: the unit of work.
        bill: the bill.
        ports: where the act belongs, as UN/LOCODE: `bill.ports` or `bill.release_ports`.

    Raises:
        ForbiddenError: it is neither the carrier nor the agent named on the bill, or the carrier
            has not appointed it for one of these ports; every reason.
    """
    acting = uow.actor.party
    if acting == bill.carrier_id:
        return
    if acting != bill.agent_id:
        raise ForbiddenError(NOT_THE_CARRIER())
    act_as_agent(uow, bill.carrier_id, ports)
