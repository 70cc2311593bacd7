"""Documents over HTTP: the list, the published schemas."""

from yidan.documents import actions, kinds
from yidan.kernel.events import Actor
from yidan.kernel.reasons import Role

BODY = kinds.find("delivery_order").examples["containers"]


def test_the_list_shows_ones_own_documents_the_newest_first_and_goes_on(portal):
    machine = portal.machine(Role.CONSIGNEE)

    def issue(about):
        involved = {machine.party: Role.CONSIGNEE}
        return lambda uow: (
            actions.issue(
                uow, kind="delivery_order", body=BODY, about=about, involved=involved
            ).document_id
        )

    actor = Actor(party=portal.organisation(Role.CARRIER))
    ids = [portal.run(issue(f"release:{n}"), actor) for n in range(3)]
    page = machine.get("/v1/documents?limit=2").json
    rest = machine.get(f"/v1/documents?limit=2&cursor={page['nextCursor']}").json
    assert [item["id"] for item in page["items"] + rest["items"]] == ids[::-1]
    (one,) = machine.get("/v1/documents?about=release:1").json["items"]
    assert (one["id"], one["pdfSha256"], one["state"]) == (ids[1], None, "issued")
    assert portal.machine(Role.CARRIER).get("/v1/documents").json["items"] == []


def test_anybody_may_read_the_kinds_and_their_schemas(portal):
    listed = portal.client().get("/v1/document-kinds").json["items"]
    assert {"delivery_order", "eir", "multimodal_waybill"} <= {kind["name"] for kind in listed}
    schema = portal.client().get("/v1/document-kinds/eir")
    assert schema.content_type == "application/schema+json"
    assert schema.get_json(force=True)["$id"] == "urn:yidan:schema:eir:1"
    for unknown in ("no_such_kind", "..%2f", "EIR"):
        assert portal.client().get(f"/v1/document-kinds/{unknown}").status_code == 404
