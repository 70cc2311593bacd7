"""The pages of titles: what one sees, what one may ask for, and what a form does."""

import html
import json
import re

import pytest

from ledger.chain import typed_data
from ledger.chain.signing import address_of
from tests.yidan.release.titles.test_api import CONTRACT, NUMBER, OWN_KEY, Quay
from yidan.kernel.events import SYSTEM
from yidan.kernel.reasons import Role
from yidan.parties import events as party_events
from yidan.parties.events import Position
from yidan.release.titles import tables
from yidan.store import following
from yidan.store.engine import writing


class Reader:
    """Somebody of a party at the console."""

    def __init__(self, quay, who):
        self.client = quay.portal.client()
        self.client.environ_base["HTTP_ACCEPT"] = "text/html,*/*;q=0.8"
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"

        def entered(uow):
            person_id = uow.new_id()
            added = party_events.PersonAdded(
                person_id=person_id,
                organisation_id=quay.port.ids[who],
                sign_in_name=f"{who}-{person_id}",
                name=who,
                position=Position.ADMIN,
            )
            uow.record(f"person:{person_id}", added)
            settled = party_events.PasswordSet(person_id=person_id, one_time=False)
            uow.record(f"person:{person_id}", settled)
            return person_id, int(uow.now.timestamp())

        person_id, now = quay.port.do("system", entered)
        with quay.services.unit_of_work(SYSTEM, reading=True) as uow:
            from yidan.parties.tables import person

            epoch = person(uow.connection, person_id).epoch
        with self.client.session_transaction() as session:
            session.update({"_user_id": f"{person_id}:{epoch}", "signed_in_at": now})

    def get(self, path, language="en"):
        return self.client.get(path, headers={"Accept-Language": language})

    def post(self, path, page="/titles", **fields):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)[1]
        return self.client.post(path, data={"csrf_token": token, **fields})


@pytest.fixture
def quay(services):
    return Quay(services)


@pytest.fixture
def issued(quay):
    return quay.issued()


def acts(page):
    return re.findall(r'data-act="(\w+)"', page.text)


def refused(page):
    return " ".join(re.findall(r'data-refused="([\w ]+)"', page.text)).split()


def to_sign(page):
    return json.loads(
        html.unescape(re.search(r'<pre class="typed"[^>]*>(.*?)</pre>', page.text, re.DOTALL)[1])
    )


def place(page):
    return re.search(r'action="(/titles/\w+/[\w-]+)"', page.text)[1]


def test_each_party_is_offered_what_is_its_to_ask_for_and_told_what_stands_against_the_rest(issued):
    path = f"/titles/{issued.title}"
    forwarder = Reader(issued, "forwarder").get(path)
    asked = ["transfer", "propose", "pledge", "surrender", "surrender_for_amendment"]
    assert acts(forwarder) == asked
    assert refused(forwarder) == []
    agent = Reader(issued, "agent").get(path)
    assert (acts(agent), set(refused(agent))) == ([], {"accept_surrender", "reject_surrender"})
    assert "consignee" in agent.text
    assert acts(Reader(issued, "customs").get(path)) == ["hold"]
    assert Reader(issued, "bank").get(path).status_code == 404
    chinese = Reader(issued, "agent").get(path, "zh").text
    assert "暂不可行" in chinese
    assert "由持有人转让、质押或交单提货。" in chinese
    seen = re.search(r"合约状态截至区块[^<]*", chinese)[0]
    assert re.fullmatch(r"[^.,:]*，已读至 \d+。", seen)


def test_a_surrender_goes_from_the_holders_form_to_the_agents(issued):
    path = f"/titles/{issued.title}"
    forwarder, agent = Reader(issued, "forwarder"), Reader(issued, "agent")
    answer = forwarder.post(path, path, act="surrender", sequence="1")
    assert (answer.status_code, answer.location) == (302, path)
    page = forwarder.get(path)
    assert 'data-state="ready"' in page.text
    assert "waits to be sent" in page.text
    assert "surrender" in refused(page)
    issued.outcome("Surrendered", state=3, sequence=2)
    page = agent.get(path)
    assert acts(page) == ["accept_surrender", "reject_surrender"]
    answer = agent.post(path, path, act="reject_surrender", sequence="2", why="freight is open")
    assert answer.location == path
    issued.outcome("SurrenderRejected", sequence=3)
    page = forwarder.get(path).text
    assert "freight is open" in page
    assert "surrender rejected" in page


def test_what_a_form_asks_for_in_vain_is_answered_with_every_reason(issued):
    path = f"/titles/{issued.title}"
    forwarder = Reader(issued, "forwarder")
    answer = forwarder.post(path, path, act="surrender", sequence="7")
    assert answer.status_code == 409
    assert "The title is at sequence 1 by now" in answer.text
    for fields in ({"act": "dance"}, {"act": "hold", "authority": "moon"},
                   {"act": "decline", "evidence": "zz"}, {"act": "decline", "evidence": "ab"},
                   {"act": "propose", "offered_until": "soon"}):  # fmt: skip
        answer = forwarder.post(path, path, **fields)
        assert answer.status_code == 422
        assert "cannot be read" in answer.text
    assert forwarder.client.post(path, data={"act": "surrender"}).status_code == 403


def test_a_taker_with_its_own_key_signs_what_the_page_shows(issued):
    path = f"/titles/{issued.title}"
    forwarder, consignee = Reader(issued, "forwarder"), Reader(issued, "consignee")
    assert consignee.get(path).status_code == 404
    to = "91610131MA6X2TRN8X"
    assert forwarder.post(path, path, act="transfer", to=to, sequence="1").status_code == 302
    listed = consignee.get("/titles").text
    assert f"/titles/{issued.title}" in listed
    page = consignee.get(path)
    assert NUMBER not in page.text
    shown = to_sign(page)
    assert shown["domain"]["verifyingContract"] == CONTRACT
    wrong = consignee.post(place(page), path, step="consent", signature="11" * 65)
    assert wrong.status_code == 409
    signature = "0x" + typed_data.sign(OWN_KEY, shown).hex()
    answer = consignee.post(place(page), path, step="consent", signature=signature)
    assert (answer.status_code, answer.location) == (302, path)
    with writing(issued.services.engine) as connection:
        instruction_id = place(page).rpartition("/")[2]
        following.keep_relayed(connection, "relay:1", [("ab" * 32, instruction_id)])
    page = consignee.get(path).text
    assert "sent to the contract" in page
    assert "withdraw" not in page.lower().split("what happened")[0]
    issued.outcome("Transferred", owner=5, holder=5, sequence=2)
    assert NUMBER in consignee.get(path).text
    former = forwarder.get(path)
    assert former.status_code == 200
    assert NUMBER not in former.text


def test_a_holder_with_its_own_key_signs_or_withdraws(issued):
    issued.outcome("Transferred", owner=5, holder=5, sequence=2)
    path, consignee = f"/titles/{issued.title}", Reader(issued, "consignee")
    consignee.post(path, path, act="surrender", sequence="2")
    page = consignee.get(path)
    assert to_sign(page)["primaryType"] == "Instruction"
    assert consignee.post(place(page), path, step="withdraw").status_code == 302
    consignee.post(path, path, act="surrender", sequence="2")
    page = consignee.get(path)
    signature = typed_data.sign(OWN_KEY, to_sign(page)).hex()
    assert consignee.post(place(page), path, step="sign", signature=signature).status_code == 302
    assert 'data-state="ready"' in consignee.get(path).text
    assert consignee.post(place(page), path, step="dance").status_code == 404


def test_a_key_is_made_or_brought_and_proved_on_the_page(quay):
    quay.port.party("shipper", Role.FORWARDER)
    quay.port.party("buyer", Role.CONSIGNEE)
    shipper, buyer = Reader(quay, "shipper"), Reader(quay, "buyer")
    assert shipper.post("/titles/keys").location == "/titles"
    assert "not confirmed on the chain yet" in shipper.get("/titles").text
    assert shipper.post("/titles/keys").status_code == 409
    secret = b"\x0c" * 32
    assert buyer.post("/titles/keys", key="0x12").status_code == 422
    assert buyer.post("/titles/keys", key=address_of(secret)).status_code == 302
    proof = typed_data.sign(secret, to_sign(buyer.get("/titles"))).hex()
    assert buyer.post("/titles/keys/possession", signature=proof).status_code == 302
    assert "to-sign" not in buyer.get("/titles").text


def test_a_bills_title_is_asked_for_from_the_bills_page(quay):
    agent, listed = Reader(quay, "agent"), f"/titles?bill={quay.waybill_id}"
    assert f'href="{listed}"' in agent.get(f"/waybills/{quay.waybill_id}").text
    assert "Ask for the issue" in agent.get(listed).text
    assert "Ask for the issue" not in Reader(quay, "forwarder").get(listed).text
    fields = {"bill": quay.waybill_id, "to": "91320703MA1Q5KHY6Q", "gates": "customs"}
    answer = agent.post("/titles", listed, **fields)
    assert answer.status_code == 302
    page = agent.get(answer.location).text
    assert "no outcome on the chain yet" in page
    assert agent.post("/titles", listed, **fields).status_code == 409
    quay.title = answer.location.rpartition("/")[2]
    quay.outcome("Issued", gates_required=2)
    assert NUMBER in agent.get("/titles").text
    assert "Ask for the issue" not in agent.get(listed).text


def test_the_page_shows_pledge_gates_holds_lineage_and_proof(issued):
    child, parent = "ab" * 32, issued.title
    second = f"{3 | 86_400 << 32:064x}"
    issued.outcome("PledgeMade", sequence=2, flags=1, second=second, gates_required=2)
    page = Reader(issued, "bank").get(f"/titles/{parent}").text
    assert "1 days" in page
    assert f"/v1/proofs/title/{parent}" in page
    issued.outcome("Replaced", state=9, sequence=3)
    issued.title = child
    issued.outcome("Issued", parents=(parent,), flags=4, holds=1)
    page = Reader(issued, "forwarder").get(f"/titles/{child}").text
    assert f'href="/titles/{parent}"' in page
    assert "customs</span> holds" in page
    page = Reader(issued, "forwarder").get(f"/titles/{parent}").text
    assert f'href="/titles/{child}"' in page
    assert acts(Reader(issued, "forwarder").get(f"/titles/{parent}")) == []


def test_a_release_links_to_the_titles_behind_it(issued):
    issued.port.listed()
    issued.outcome("SurrenderAccepted", state=4, sequence=3)
    release_id = issued.port.granted().release_id
    page = Reader(issued, "agent").get(f"/releases/{release_id}").text
    assert f'href="/titles/{issued.title}"' in page
    assert issued.title not in Reader(issued, "consignee").get(f"/releases/{release_id}").text


def test_a_split_is_asked_for_by_a_form_and_shown_to_the_issuer(issued):
    path, forwarder = f"/titles/{issued.title}", Reader(issued, "forwarder")
    issued.outcome("Held", sequence=2, quantity=10)
    form = {"act": "surrender_for_amendment", "sequence": "2"}
    assert forwarder.post(path, path, **form).status_code == 422
    assert forwarder.post(path, path, **form, quantities="4 x").status_code == 422
    assert "for 9 together" in forwarder.post(path, path, **form, quantities="4, 5").text
    assert forwarder.post(path, path, **form, quantities="4, 6").status_code == 302
    with issued.services.unit_of_work(SYSTEM, reading=True) as uow:
        (asked,) = tables.open_instructions(uow.connection, issued.title)
    told = {"evidence": asked.terms["lineage"], "state": 5, "sequence": 3, "quantity": 10}
    issued.outcome("SurrenderedForAmendment", **told)
    agent = Reader(issued, "agent").get(path)
    assert "a new title of quantity 4" in agent.text
    assert acts(agent) == ["replace", "reject_amendment"]
    for fields in ({"void": "1"}, {"paper": "ab" * 32}):
        issued.outcome("AmendmentRejected", sequence=4, quantity=10)
        assert forwarder.post(path, path, **{**form, "sequence": "4"}, **fields).status_code == 302
        (page,) = re.findall(r'action="(/titles/\w+/[\w-]+)"', forwarder.get(path).text)
        forwarder.post(page, path, step="withdraw")


@pytest.mark.parametrize(
    ("state", "expected"),
    [(4, ["close_with_tolerance"]), (5, ["replace", "reject_amendment"]), (10, ["switch_back"])],
)
def test_the_issuer_is_offered_what_answers_the_titles_state(issued, state, expected):
    issued.outcome("Unheld", state=state, sequence=2)
    page = Reader(issued, "agent").get(f"/titles/{issued.title}")
    assert sorted(acts(page) + refused(page)) == sorted(expected)


def test_what_took_a_titles_place_is_shown_to_whom_it_concerns_alone(issued):
    parent, child = issued.title, "ab" * 32
    issued.outcome("Replaced", state=9, sequence=3)
    issued.title = child
    issued.outcome("Issued", parents=(parent,), owner=5, holder=5)
    for who, sees in (("carrier", True), ("forwarder", False)):
        page = Reader(issued, who).get(f"/titles/{parent}")
        assert (page.status_code, child[:16] in page.text) == (200, sees)
