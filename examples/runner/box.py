"""Chapter 2: an import container, from the forwarder's bill to the receipt at the gate (集装箱)."""

from typing import Any, Final

import httpx

from runner.client import Answer, Machine, UnexpectedError, expect
from runner.parties import Stage

EDIFACT: Final = "application/edifact"
_ARRIVES_WITHIN_S: Final = 180


def carry_box(stage: Stage) -> str:
    """Carry the container out of the gate; the subject of its release right."""
    stage.teller.chapter(
        "二、集装箱：铁、海、公一单到底", "2. A container: rail, sea and road on one bill"
    )
    bill_id = _bill(stage)
    _train(stage, bill_id)
    _discharge(stage)
    right_id = _release(stage)
    _clear(stage, right_id)
    _pass_right(stage, right_id)
    _gate(stage, right_id)
    return f"right:{right_id}"


def _bill(stage: Stage) -> str:
    """Submit and accept the bill; its id."""
    teller = stage.teller
    bill = stage.post_file("forwarder", "/v1/waybills", "01-waybill-container.json")
    link = f"{stage.url}/waybills/{bill['id']}"
    number = bill["transportDocumentReference"]
    teller.step(f"货代提交运单 {number}", f"The forwarder submits bill {number}", link)
    accepted = expect(stage.machines["carrier"].post(f"/v1/waybills/{bill['id']}/acceptance", {}))
    stage.day.ids["waybill_document"] = accepted.body["documentId"]
    document = f"{stage.url}/v1/documents/{accepted.body['documentId']}"
    teller.step(
        "承运人接受，签发多式联运运单", "The carrier accepts; the waybill is issued", document
    )
    return str(bill["id"])


def _train(stage: Stage, bill_id: str) -> None:
    """Drop the train's list as a file, as a station without HTTP does."""
    teller, day = stage.teller, stage.day
    party = day.ids["railway"]
    folder = stage.installation.var / "exchange" / party / "rail.train_list" / "in"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"train-list-{day.run:03}.json"
    draft = folder / f".{name}"
    draft.write_text(day.text("02-train-list.json"), encoding="utf-8")
    draft.rename(folder / name)

    def arrived() -> dict[str, Any] | None:
        bill = expect(stage.machines["forwarder"].get(f"/v1/waybills/{bill_id}")).body
        leg: dict[str, Any] = bill["legs"][0]
        return leg if leg["state"] == "arrived" else None

    leg = teller.wait("等待文件", "the dropped file", arrived, _ARRIVES_WITHIN_S)
    teller.step(
        f"铁路到达清单（文件投递）：{leg['trainNumber'] or 'DGS41'} 已到鹿特丹",
        "The train's list is dropped as a file: leg 1 has arrived in Rotterdam",
        str(folder.parent),
    )


def _discharge(stage: Stage) -> None:
    """List the vessel, discharge the box, complete the tally; customs gets the report."""
    teller, url = stage.teller, stage.url
    visit = stage.post_file("terminal", "/v1/vessel-visits", "03-vessel-list.json")
    path = f"/v1/vessel-visits/{visit['id']}"
    teller.step("码头录入船舶清单", "The terminal lists what the vessel brings", url + path)
    seen = stage.post_file("terminal", f"{path}/discharges", "04-discharge.json")
    if [line["outcome"] for line in seen["lines"]] != ["matched"]:
        raise UnexpectedError(f"the discharge was taken as {seen}")
    teller.step(f"卸船理货：{stage.day.box} 相符", "Discharged and tallied: as listed", url + path)
    report = stage.post_file("terminal", f"{path}/report", "04-tally-report.json")
    teller.step(
        f"理货报告：计划 {report['planned']}，相符 {report['matched']}",
        f"Tally report: planned {report['planned']}, matched {report['matched']}",
    )
    _arrived(stage, "customs", b"MT5101", "海关收到理货报告 MT5101", "Customs received MT5101")


def _release(stage: Stage) -> str:
    """Send the agent's release order; the right's id."""
    teller = stage.teller
    order = stage.send_file("agent", "shipping_agent.edifact", "05-release-order.edi", EDIFACT)
    aperak = order.body["acknowledgement"] or ""
    if "APERAK" not in aperak:
        raise UnexpectedError(f"no APERAK came back: {order.body}")
    (stage.out / "received" / "agent-aperak.edi").write_text(aperak, encoding="utf-8")
    items = expect(stage.machines["consignee"].get("/v1/releases")).body["items"]
    release = next(r for r in items if r["transportDocumentReference"] == stage.day.bill)
    link = f"{stage.url}/releases/{release['id']}"
    teller.step("船代放货指令 COREOR，回执 APERAK", "The agent's COREOR; APERAK comes back", link)
    path = f"/v1/releases/{release['id']}/readiness"
    readiness = expect(stage.machines["consignee"].get(path)).body
    waiting = readiness["boxes"][0]["reasons"]
    if readiness["ready"] or not waiting:
        raise UnexpectedError(f"the box is ready too early: {readiness}")
    teller.step("可提箱判断：尚不可提", "Readiness: not yet, and who owes what", stage.url + path)
    teller.reasons(waiting)
    return str(release["lines"][0]["rightId"])


def _clear(stage: Stage, right_id: str) -> None:
    """Customs releases; charges are paid; the terminal lets go: all lights are green."""
    teller = stage.teller
    stage.send_file(
        "customs", "single_window.customs_xml", "06-customs-release-box.xml", "application/xml"
    )
    teller.step("海关放行（XML）", "Customs releases the bill (XML)")
    stage.post_file("terminal", "/v1/charges", "07-charges.json")
    stage.post_file("terminal", "/v1/terminal-status", "07-terminal-status.json")
    teller.step("费用已付，码头放行", "Charges are paid, the terminal lets go")
    path = f"/v1/rights/{right_id}/readiness"
    readiness = expect(stage.machines["consignee"].get(path)).body
    if not readiness["ready"] or readiness["lights"]["total"] != "GREEN":
        raise UnexpectedError(f"the box should be ready: {readiness}")
    teller.step("全部绿灯", "All lights are green", stage.url + path)


def _pass_right(stage: Stage, right_id: str) -> None:
    """The consignee offers its right, the haulier accepts and names truck and driver."""
    teller, path = stage.teller, f"/v1/rights/{right_id}"
    stage.post_file("consignee", f"{path}/offer", "08-right-offer.json")
    teller.step("收货人将提货权转给车队", "The consignee offers the right to the haulier")
    expect(stage.machines["haulier"].post(f"{path}/acceptance", {}))
    teller.step("车队接受", "The haulier accepts", stage.url + path)
    stage.send_file("haulier", "road.copino", "09-pickup-notice.edi", EDIFACT)
    right = expect(stage.machines["haulier"].get(path)).body
    if right["state"] != "assigned":
        raise UnexpectedError(f"the right is {right}")
    teller.step(
        f"提箱预约 COPINO：{right['plate']}，司机 {right['driverId']}",
        "COPINO names truck and driver",
        stage.url + path,
    )


def _gate(stage: Stage, right_id: str) -> None:
    """In; held; refused; lifted; out; and not a second time."""
    teller, url = stage.teller, stage.url
    inside = _approved(stage, "10-kiosk-gate-in.json")
    _open(stage, inside)
    teller.step("闸口进场，抬杆", "Gate-in: approved, the barrier opens", f"{url}/kiosk")
    hold = stage.post_file("customs", "/v1/holds", "11-customs-hold.json")
    teller.step("进闸后海关布控扣留", "Customs places a hold AFTER gate-in", f"{url}/v1/holds")
    denied = _capture(stage, "12-kiosk-gate-out-under-hold.json")
    _expect_denied(denied, "hold")
    teller.refused("扣留期间出闸：拒绝", "Gate-out under the hold: REFUSED", denied.reasons)
    stage.post_file("customs", f"/v1/holds/{hold['id']}/lifting", "13-hold-lifting.json")
    teller.step("海关解除扣留", "Customs lifts the hold")
    out = _approved(stage, "14-kiosk-gate-out.json")
    opened = _open(stage, out)
    teller.step(
        "出闸放行，抬杆",
        "Gate-out: approved, the barrier opens",
        f"{url}/releases/rights/{right_id}",
    )
    stage.day.ids["eir"] = opened["eirDocumentId"]
    again = _capture(stage, "15-kiosk-second-gate-out.json")
    _expect_denied(again, "right-consumed")
    teller.refused("第二次出闸：拒绝", "A second gate-out: REFUSED", again.reasons)
    reopened = stage.machines["kiosk"].post(
        f"/v1/gate/decisions/{out['decisionId']}/opening", {"lane": out["lane"]}
    )
    expect(reopened, 409)
    teller.refused(
        "再次使用同一放行决定：拒绝", "The same decision again: REFUSED", reopened.reasons
    )
    _arrived(
        stage,
        "agent",
        stage.day.box.encode(),
        "船代收到出闸报告 CODECO",
        "The agent received CODECO",
    )


def _capture(stage: Stage, name: str) -> Answer:
    body = stage.day.json(name)
    kiosk = stage.machines["kiosk"]
    return expect(kiosk.post("/v1/gate/transactions", body, key=body["transactionId"]))


def _approved(stage: Stage, name: str) -> dict[str, Any]:
    answer = _capture(stage, name)
    if answer.body["verdict"] != "APPROVE":
        raise UnexpectedError(f"{name}: {answer.body['verdict']} {answer.said()}")
    return dict(answer.body)


def _expect_denied(answer: Answer, code: str) -> None:
    codes = [reason["code"] for reason in answer.reasons]
    if answer.body["verdict"] != "DENY" or not any(one.startswith(code) for one in codes):
        raise UnexpectedError(f"{answer.body['verdict']} {answer.said()}")


def _open(stage: Stage, decided: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/gate/decisions/{decided['decisionId']}/opening"
    opened = expect(stage.machines["kiosk"].post(path, {"lane": decided["lane"]}))
    return dict(opened.body)


def fetch_papers(stage: Stage) -> None:
    """Fetch the PDFs that the workers have made meanwhile."""
    papers = {
        "waybill": ("多式联运运单", "The multimodal waybill", "forwarder", "waybill_document"),
        "eir": ("设备交接单", "The equipment interchange receipt", "haulier", "eir"),
    }
    for name, (zh, en, party, document) in papers.items():
        path = f"/v1/documents/{stage.day.ids[document]}/pdf"
        machine = stage.machines[party]

        def made(path: str = path, machine: Machine = machine) -> bytes | None:
            return machine.download(path) if machine.get(path).status == httpx.codes.OK else None

        pdf = stage.teller.wait(f"{zh} PDF", f"{en} as PDF", made, _ARRIVES_WITHIN_S)
        (stage.out / f"{name}.pdf").write_bytes(pdf)
        stage.teller.step(f"{zh} PDF", f"{en} as PDF, {len(pdf):,} bytes", stage.url + path)


def _arrived(stage: Stage, party: str, mark: bytes, zh: str, en: str) -> None:
    receiver = stage.receivers[party]
    body = stage.teller.wait(zh, en, lambda: receiver.find(mark), _ARRIVES_WITHIN_S)
    stage.teller.step(zh, f"{en}, {len(body):,} bytes", receiver.url)
