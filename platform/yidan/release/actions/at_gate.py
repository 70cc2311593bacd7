"""What the gate does with a right: lock it to a truck, claim it for seconds, consume it, or not.

Called by the gate's own actions inside their transaction, under the locks of `positions.lock`. The
gate decides and gives its reasons; these functions hold the last line: each is a step of the
machine and a conditional UPDATE, and a consumption is a UNIQUE row besides.
"""

from datetime import datetime

from yidan.release.actions.access import refuse_while_stopped
from yidan.release.actions.cancellations import accomplish, suspend
from yidan.release.actions.positions import Position
from yidan.release.events import BoxLeftBehind, RightClaimed, RightConsumed, RightLocked
from yidan.release.rules.commercial import CommercialState, LineState, effective
from yidan.release.rules.readiness import Stage
from yidan.release.rules.right import refuse
from yidan.release.tables import rights
from yidan.store.unit_of_work import UnitOfWork


def lock_to_truck(uow: UnitOfWork, position: Position, truck_visit_id: str) -> str:
    """Lock an assigned right to the truck visit that came in for it; the event's id.

    Raises:
        RefusedError: anything stands against it; every reason.
    """
    refuse_while_stopped(uow)
    refuse(position.reasons(Stage.GATE_IN))
    right_id = position.held_right.id
    happened = RightLocked(right_id=right_id, truck_visit_id=truck_visit_id)
    return uow.record(f"right:{right_id}", happened).event_id


def claim(uow: UnitOfWork, position: Position, decision_id: str, until: datetime) -> str:
    """Claim a locked right for one decision and its seconds; the event's id.

    Raises:
        RefusedError: anything stands against it; every reason.
        ConflictError: another decision has the right now.
    """
    refuse(position.reasons(Stage.GATE_OUT))
    right_id = position.held_right.id
    happened = RightClaimed(right_id=right_id, decision_id=decision_id, claimed_until=until)
    return uow.record(f"right:{right_id}", happened).event_id


def consume(uow: UnitOfWork, position: Position, decision_id: str) -> str:
    """Consume a right: the box leaves, once, for ever; the event's id.

    Raises:
        RefusedError: anything stands against it; every reason.
        ConflictError: the right is not locked to this truck and decision any more.
        sqlalchemy.exc.IntegrityError: the visit or the right was consumed before.
    """
    refuse(position.reasons(Stage.GATE_OUT))
    right = position.held_right
    recorded = uow.record(
        f"right:{right.id}",
        RightConsumed(
            right_id=right.id,
            release_id=right.release_id,
            visit_id=right.visit_id,
            equipment_reference=right.equipment_reference,
            truck_visit_id=right.truck_visit_id,
            decision_id=decision_id,
        ),
    )
    accomplish(uow, right.release_id)
    return recorded.event_id


def leave_behind(uow: UnitOfWork, position: Position, why: str) -> str:
    """Give a locked right back to its assignment: the truck leaves empty; the event's id.

    Where the release no longer carries the box, the right is suspended at once.

    Raises:
        ConflictError: the right is not locked.
    """
    right = position.held_right
    subject = f"right:{right.id}"
    happened = BoxLeftBehind(right_id=right.id, truck_visit_id=right.truck_visit_id)
    recorded = uow.record(subject, happened, reason=why)
    release = position.release
    state = effective(release.state, release.valid_until, uow.now)
    carried = state in (CommercialState.GRANTED, CommercialState.BLOCKED)
    if not carried or position.line is not LineState.ARMED:
        suspend(uow, rights.find(uow.connection, right.id))
    return recorded.event_id
