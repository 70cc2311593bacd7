"""A railway's container station: drops train lists as files, whole or not at all."""

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Rail:
    """A station under its identification."""

    name: str = "RAILSHANGHAI"

    def train_list(self, reference, train, wagons, *, place="CNSHA", sender=None, arrived=None):
        """A list of `{wagon: {box: [seals]}}`."""
        equipment = [
            {
                "id": wagon,
                "carriedLogisticsTransportEquipment": [
                    {"id": box, "affixedLogisticsSeal": [{"id": seal} for seal in seals]}
                    for box, seals in boxes.items()
                ],
            }
            for wagon, boxes in wagons.items()
        ]
        consignment = {
            "carrier": {"id": sender or self.name},
            "mainCarriageLogisticsTransportMovement": [{"id": train, "modeCode": "2"}],
            "deliveryEvent": {
                "actualOccurrenceDateTime": arrived or "2026-11-22T06:10:00+08:00",
                "occurrenceLogisticsLocation": {"id": place},
            },
            "utilizedLogisticsTransportEquipment": equipment,
        }
        document = {"id": reference, "senderTradeParty": {"id": sender or self.name}}
        value = {"exchangedDocument": document, "specifiedConsignment": [consignment]}
        return json.dumps(value, ensure_ascii=False).encode()

    def drop(self, folder, name, message):
        """Put a file where the platform looks, by writing it beside and renaming it."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{name}.part"
        with unfinished.open("wb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
        return unfinished.rename(folder / name)

    def half_drop(self, folder, name, message):
        """Begin to write a file and die: what the platform must not take."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{name}.part"
        unfinished.write_bytes(message[: len(message) // 2])
        return unfinished
