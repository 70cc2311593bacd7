"""Chapter 3: a lot of iron ore, from the bill to a truck over the weighbridge (散货)."""

from runner.client import UnexpectedError, expect
from runner.parties import Stage


def carry_lot(stage: Stage) -> str:
    """Carry the bulk lot to a weighbridge ticket; the truck task's id."""
    day, teller, url = stage.day, stage.teller, stage.url
    teller.chapter("三、散货：铁矿 10 万吨", "3. Bulk: 100,000,000 kg of iron ore")
    _bill(stage)
    stated = day.json("21-bulk-quantities.json")
    for party, quantities in stated.items():
        for quantity in quantities:
            expect(stage.machines[party].post("/v1/bulk-quantities", quantity))
    teller.step("申报提单、货权和卸货实重", "Bill, title and outturn quantities are stated")
    stage.send_file(
        "customs", "single_window.customs_xml", "22-customs-release-bulk.xml", "application/xml"
    )
    teller.step("海关放行 100,000,000 千克", "Customs releases 100,000,000 kg")
    lot = stage.post_file("terminal", "/v1/lots", "23-lot.json")
    lot_path = f"/v1/lots/{lot['id']}"
    teller.step("入库 100,000,000 千克", "The terminal stocks the lot", url + lot_path)
    lot = stage.post_file("steelworks", f"{lot_path}/pledges", "24-pledge.json")
    teller.step(
        "质押 30,000,000 千克", f"30,000,000 kg pledged to the bank; free: {lot['freeKg']:,} kg"
    )
    order_a = stage.post_file("steelworks", f"{lot_path}/orders", "25-order-a.json")
    order_b = stage.post_file("steelworks", f"{lot_path}/orders", "26-order-b.json")
    teller.step(
        "放货指令 A 50,000,000、B 20,000,000 千克",
        "Orders A 50,000,000 kg and B 20,000,000 kg",
        f"{url}/v1/orders/{order_a['id']}  {url}/v1/orders/{order_b['id']}",
    )
    _one_kilogram_too_many(stage, lot_path)
    task_id = _truck(stage, order_a["id"])
    lot = expect(stage.machines["steelworks"].get(lot_path)).body
    if lot["onHandKg"] != 100_000_000 - 31_970 or lot["freeKg"] != 0:
        raise UnexpectedError(f"the lot's balance is {lot}")
    teller.step("余额减少，可用量为零", f"On hand {lot['onHandKg']:,} kg, free 0", url + lot_path)
    return task_id


def _bill(stage: Stage) -> None:
    teller = stage.teller
    bill = stage.post_file("forwarder", "/v1/waybills", "20-waybill-bulk.json")
    expect(stage.machines["bulk_carrier"].post(f"/v1/waybills/{bill['id']}/acceptance", {}))
    number = bill["transportDocumentReference"]
    teller.step(
        f"散货提单 {number} 提交并接受",
        f"Bulk bill {number} submitted and accepted",
        f"{stage.url}/waybills/{bill['id']}",
    )


def _one_kilogram_too_many(stage: Stage, lot_path: str) -> None:
    body = stage.day.json("27-order-one-kilogram-too-many.json")
    answer = expect(stage.machines["steelworks"].post(f"{lot_path}/orders", body), 409, 422)
    codes = {reason["code"] for reason in answer.reasons}
    if "bulk-beyond-free" not in codes:
        raise UnexpectedError(f"one kilogram too many: {answer.said()}")
    stage.teller.refused(
        "再放 1 千克：拒绝", "One more kilogram: REFUSED", answer.reasons, stage.url + lot_path
    )


def _truck(stage: Stage, order_id: str) -> str:
    teller, day = stage.teller, stage.day
    task = stage.post_file("haulier", f"/v1/orders/{order_id}/tasks", "28-truck-task.json")
    path = f"/v1/tasks/{task['id']}"
    teller.step(f"派车 {task['plate']}", "The haulier plans a truck", stage.url + path)
    kiosk = stage.machines["kiosk"]
    tared = expect(kiosk.post(f"{path}/tare", day.json("29-weighbridge-tare.json"))).body
    teller.step(f"空磅 {tared['tareKg']:,} 千克", f"Weighed empty: {tared['tareKg']:,} kg")
    weighed = expect(kiosk.post(f"{path}/gross", day.json("30-weighbridge-gross.json"))).body
    if (weighed["state"], weighed["netKg"]) != ("weighed", 31_970):
        raise UnexpectedError(f"the weighing ended as {weighed}")
    teller.step(
        f"重磅 {weighed['grossKg']:,} 千克，净重 {weighed['netKg']:,} 千克",
        f"Weighed loaded: net {weighed['netKg']:,} kg, ticket {weighed['ticketId']}",
    )
    left = expect(kiosk.post(f"{path}/departure", day.json("31-weighbridge-departure.json"))).body
    if left["state"] != "delivered":
        raise UnexpectedError(f"the truck's task ended as {left}")
    teller.step("车辆出闸", "The truck leaves", stage.url + path)
    return str(task["id"])
