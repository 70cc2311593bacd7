"""A carrier appoints its agents (船代委托): who may, for whom, where, how long, and the end."""

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests.port import Port
from tests.yidan.parties.agencies import codes, refused_codes
from yidan import bootstrap
from yidan.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RefusedError
from yidan.kernel.reasons import Role
from yidan.parties import actions, rules
from yidan.parties.rules import Agency
from yidan.store import rebuild

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def agency(*ports, valid_until=None, ended_at=None):
    return Agency(
        id="1",
        carrier_id="carrier",
        agent_id="agent",
        un_location_codes=ports,
        valid_until=valid_until,
        appointed_at=NOW - HOUR,
        ended_at=ended_at,
    )


# --- the rule ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agencies", "ports", "expected"),
    [
        ([], {"CNLYG"}, ["agent-not-appointed"]),
        ([agency()], {"CNLYG"}, []),
        ([agency()], set(), []),
        ([agency("CNLYG")], {"CNLYG", "NLRTM"}, []),
        ([agency("CNLYG", "CNSHA")], {"NLRTM"}, ["agent-not-for-port"]),
        ([agency("CNLYG")], set(), ["agent-not-for-port"]),
        ([agency("NLRTM"), agency("CNLYG")], {"CNLYG"}, []),
        ([agency(valid_until=NOW)], {"CNLYG"}, ["agent-not-appointed"]),
        ([agency(valid_until=NOW + HOUR)], {"CNLYG"}, []),
        ([agency(ended_at=NOW - HOUR)], {"CNLYG"}, ["agent-not-appointed"]),
        ([agency(ended_at=NOW + HOUR)], {"CNLYG"}, ["agent-not-appointed"]),
        ([agency(ended_at=NOW), agency("CNLYG")], {"CNLYG"}, []),
        ([agency(ended_at=NOW), agency("CNSHA")], {"CNLYG"}, ["agent-not-for-port"]),
    ],
)
def test_an_agent_acts_where_and_while_an_appointment_holds(agencies, ports, expected):
    found = rules.acting_findings(agencies, ports=ports, now=NOW, carrier_verified=True)
    assert codes(found) == expected


def test_nobody_acts_for_a_carrier_that_is_not_verified():
    found = rules.acting_findings([agency()], ports={"CNLYG"}, now=NOW, carrier_verified=False)
    assert codes(found) == ["agents-carrier-not-verified"]
    found = rules.acting_findings([], ports={"CNLYG"}, now=NOW, carrier_verified=False)
    assert codes(found) == ["agents-carrier-not-verified", "agent-not-appointed"]


@pytest.mark.parametrize(
    ("before", "ports", "expected"),
    [
        ([], (), []),
        ([agency()], ("CNLYG",), ["agent-appointed-already"]),
        ([agency("CNLYG")], (), ["agent-appointed-already"]),
        ([agency("CNLYG")], ("CNLYG", "CNSHA"), ["agent-appointed-already"]),
        ([agency("CNLYG")], ("CNSHA",), []),
        ([agency(ended_at=NOW)], (), []),
        ([agency(valid_until=NOW)], (), []),
    ],
)
def test_one_appointment_holds_for_a_port_at_a_time(before, ports, expected):
    found = rules.appointing_findings(before, ports=ports, valid_until=None, now=NOW)
    assert codes(found) == expected


@pytest.mark.parametrize(("ends", "expected"), [(NOW, 1), (NOW - HOUR, 1), (NOW + HOUR, 0)])
def test_an_appointment_does_not_end_before_it_begins(ends, expected):
    found = rules.appointing_findings([], ports=(), valid_until=ends, now=NOW)
    assert codes(found) == ["agency-ends-in-the-past"] * expected


# --- the actions --------------------------------------------------------------------------------


@pytest.fixture
def port(workshop):
    port = Port(workshop)
    port.party("carrier", Role.CARRIER)
    port.party("other carrier", Role.CARRIER)
    port.party("agent", Role.SHIPPING_AGENT, identifiers=["scac:LYGA"])
    return port


def appoint(port, who="carrier", agent="agent", **terms):
    command = actions.AppointAgent(agent=port.ids.get(agent, agent), **terms)
    return port.do(who, lambda uow: actions.appoint_agent(command, uow))


def act(port, *ports, who="agent", carrier="carrier"):
    port.do(who, lambda uow: actions.act_as_agent(uow, port.ids[carrier], ports))


def test_an_appointed_agent_acts_for_its_carrier_and_for_no_other(port):
    made = appoint(port, agent="scac:LYGA", un_location_codes=("CNSHA", "CNLYG", "CNLYG")).agency
    assert made.un_location_codes == ("CNLYG", "CNSHA")
    act(port, "CNLYG")
    assert refused_codes(lambda: act(port, "CNTAO")) == ["agent-not-for-port"]
    assert refused_codes(lambda: act(port, "CNLYG", carrier="other carrier")) == [
        "agent-not-appointed"
    ]


def test_an_end_counts_at_once_and_only_once(port):
    made = appoint(port).agency
    act(port, "CNLYG")
    ended = port.do("carrier", lambda uow: actions.end_agency(made.id, "unpaid dues", uow))
    assert ended.agency.ended_at is not None
    assert refused_codes(lambda: act(port, "CNLYG")) == ["agent-not-appointed"]
    with pytest.raises(RefusedError) as refused:
        port.do("carrier", lambda uow: actions.end_agency(made.id, "again", uow))
    assert codes(refused.value.reasons) == ["agency-ended-already"]
    appoint(port)
    act(port, "CNLYG")


def test_an_end_date_ends_it_without_anybodys_doing(port):
    until = port.now() + timedelta(milliseconds=300)
    appoint(port, valid_until=until)
    port.wait_until(until)
    assert refused_codes(lambda: act(port)) == ["agent-not-appointed"]


def test_an_act_that_waited_for_the_end_is_refused(port):
    """The end and every act lock the same: none is committed once the end was answered."""
    made = appoint(port).agency
    outcome = []
    with port.workshop.open(port.actor("carrier")) as uow:
        actions.end_agency(made.id, "over", uow)
        waiting = threading.Thread(
            target=lambda: outcome.append(refused_codes(lambda: act(port, "CNLYG")))
        )
        waiting.start()
        waiting.join(0.3)
        assert outcome == []
        uow.commit()
    waiting.join(20)
    assert outcome == [["agent-not-appointed"]]


def test_a_suspended_carriers_agents_do_nothing(port):
    port.party("admin", Role.ADMINISTRATOR)
    appoint(port)
    port.do("admin", lambda uow: actions.suspend_organisation(port.ids["carrier"], "fraud", uow))
    assert refused_codes(lambda: act(port)) == ["agents-carrier-not-verified"]


def test_only_a_carrier_appoints(port):
    port.party("forwarder", Role.FORWARDER)
    for who in ("forwarder", "agent"):
        with pytest.raises(ForbiddenError) as refused:
            appoint(port, who)
        assert codes(refused.value.reasons) == ["agency-carrier-needed"]


def test_only_a_verified_shipping_agent_other_than_oneself_is_appointed(port):
    port.party("both", Role.CARRIER, Role.SHIPPING_AGENT)
    port.party("new", Role.SHIPPING_AGENT, verified=False)
    for who, agent in (("carrier", "other carrier"), ("carrier", "new"), ("both", "both")):
        with pytest.raises(InvalidError) as refused:
            appoint(port, who, agent, un_location_codes=("CNLYG", "lyg"))
        assert [(r.code, r.at) for r in refused.value.reasons] == [
            ("un-location-code-form", "/unLocationCodes/1"),
            ("agency-agent-not-known", "/agent"),
        ]


def test_the_same_is_not_appointed_twice(port):
    appoint(port)
    with pytest.raises(RefusedError) as refused:
        appoint(port, un_location_codes=("CNLYG",))
    assert codes(refused.value.reasons) == ["agent-appointed-already"]


def test_carrier_and_agent_see_an_appointment_and_the_carrier_alone_ends_it(port):
    made = appoint(port).agency
    for who in ("carrier", "agent"):
        seen = port.look(who, lambda uow: actions.see_agency(made.id, uow))
        listed = port.look(who, lambda uow: actions.list_agencies(uow, after=None, limit=5))
        assert (seen, listed) == (made, [made])
    for who in ("agent", "other carrier"):
        with pytest.raises(NotFoundError):
            port.do(who, lambda uow: actions.end_agency(made.id, "mine", uow))
    with pytest.raises(NotFoundError):
        port.look("other carrier", lambda uow: actions.see_agency(made.id, uow))
    nothing = port.look(
        "other carrier", lambda uow: actions.list_agencies(uow, after=None, limit=5)
    )
    assert nothing == []


def test_history_alone_makes_the_appointments_again(port):
    made = appoint(port, un_location_codes=("CNLYG",), valid_until=port.now() + HOUR).agency
    port.do("carrier", lambda uow: actions.end_agency(made.id, "over", uow))
    appoint(port)
    assert rebuild.check(port.workshop.engine, bootstrap.commit).findings == ()


# --- the API ------------------------------------------------------------------------------------


def test_a_carriers_system_appoints_lists_and_ends(portal):
    carrier, agent = portal.machine(Role.CARRIER), portal.machine(Role.SHIPPING_AGENT)
    path = "/v1/agency-appointments"
    ids = []
    for ports in (["CNLYG"], ["CNSHA"]):
        made = carrier.post(path, {"agent": agent.party, "unLocationCodes": ports})
        assert (made.status_code, made.json["unLocationCodes"]) == (201, ports)
        assert made.headers["Location"].endswith(f"{path}/{made.json['id']}")
        ids.append(made.json["id"])
    first = agent.get(f"{path}?limit=1").json
    assert [one["id"] for one in first["items"]] == [ids[1]]
    rest = agent.get(f"{path}?limit=1&cursor={first['nextCursor']}").json
    assert ([one["id"] for one in rest["items"]], rest["nextCursor"]) == ([ids[0]], "")
    ended = carrier.post(f"{path}/{ids[0]}/end", {"reason": "合同到期"})
    assert (ended.status_code, ended.json["endedAt"] is not None) == (201, True)
    assert agent.get(f"{path}/{ids[0]}").json["endedAt"] == ended.json["endedAt"]
    assert agent.post(f"{path}/{ids[1]}/end", {"reason": "x"}).status_code == 404
    assert portal.machine(Role.CARRIER).get(f"{path}/{ids[0]}").status_code == 404
    assert carrier.get(f"{path}/{uuid.uuid4()}").status_code == 404


def test_who_only_does_the_daily_work_appoints_nobody(portal):
    agent = portal.organisation(Role.SHIPPING_AGENT)
    clerk = portal.machine(Role.CARRIER, scopes={"release:write", "waybill:write"})
    refused = clerk.post("/v1/agency-appointments", {"agent": agent})
    assert (refused.status_code, refused.json["reasons"][0]["code"]) == (403, "scope-missing")
