"""The parties of a bill: complete, identified, one carrier for the whole way, one payer.

Source: DOMAIN 2(c) SM-C1 (one payer) and 2.0 (actors, identifiers). Who of them is registered
here is not a rule but a fact, found by the action.
"""

from collections.abc import Mapping
from typing import Any, Final

from yidan.kernel.identifiers import bill_number, party
from yidan.kernel.reasons import Reason, Role, reason
from yidan.waybill.rules import reading
from yidan.waybill.rules.route import main_leg

PARTY_MISSING = reason(
    "party-missing",
    en="The bill names no {role}; add one.",
    zh="运单未列 {role}；请补列。",
    owner=Role.FORWARDER,
)
PARTY_TWICE = reason(
    "party-named-twice",
    en="The bill names {count} parties as {role}; name exactly one.",
    zh="运单列有 {count} 个 {role}；只能列一个。",
    owner=Role.FORWARDER,
)
NOT_IDENTIFIED = reason(
    "party-not-identified",
    en="The {role} needs an identifier of one of these schemes: {schemes}.",
    zh="{role} 须有下列类型之一的识别号：{schemes}。",
    owner=Role.FORWARDER,
)
MAIN_CARRIER_NOT_NAMED = reason(
    "main-carrier-not-named",
    en="{value} carries the main leg, but no CARRIER of the bill has this identifier.",
    zh="主运输段承运人为 {value}，但运单的 CARRIER 均无此识别号。",
    owner=Role.FORWARDER,
)
PAYER_UNCLEAR = reason(
    "payer-unclear",
    en="Freight is {terms}, so {role} pays; the bill names {count} of them and needs exactly one.",
    zh="运费条款为 {terms}，由 {role} 支付；运单列有 {count} 个，须恰有一个。",
    owner=Role.FORWARDER,
)

EXACTLY_ONE: Final = ("FORWARDER", "CONSIGNEE")
"""Roles that exactly one party has."""
AT_MOST_ONE: Final = ("SHIPPING_AGENT",)
_IDENTIFIED: Final = ("FORWARDER", "CONSIGNEE", "CARRIER", "SHIPPING_AGENT")
"""Roles whose bearers must be findable by identifier."""
_PAYER: Final = {"PREPAID": "SHIPPER", "COLLECT": "CONSIGNEE"}
"""Who pays the freight under which term."""


def findings(body: Mapping[str, Any]) -> list[Reason]:
    """Everything wrong with the bill's number, parties, identifiers, carrier and payer."""
    found: list[Reason] = []
    if (number := reading.text(body, "transportDocumentReference")) is not None:
        found += bill_number.findings(number, at="/transportDocumentReference")
    return [*found, *_complete(body), *_identified(body), *_main_carrier(body), *_payer(body)]


def identifiers(named: Mapping[str, Any]) -> tuple[str, ...]:
    """A party's identifiers as `scheme:value`, those of other schemes left out."""
    return tuple(
        f"{scheme.lower()}:{value}"
        for _, one in reading.objects(named, "identifiers")
        if (scheme := reading.text(one, "scheme")) is not None
        and (value := reading.text(one, "value")) is not None
        and scheme.lower() in party.SCHEMES
    )


def _named(body: Mapping[str, Any], role: str) -> list[tuple[str, dict[str, Any]]]:
    return [(at, one) for at, one in reading.objects(body, "parties") if one.get("role") == role]


def _complete(body: Mapping[str, Any]) -> list[Reason]:
    found: list[Reason] = []
    for role in (*EXACTLY_ONE, *AT_MOST_ONE, "CARRIER"):
        count = len(_named(body, role))
        if count == 0 and role not in AT_MOST_ONE:
            found.append(PARTY_MISSING(at="/parties", role=role))
        elif count > 1 and role != "CARRIER":
            found.append(PARTY_TWICE(at="/parties", role=role, count=count))
    return found


def _identified(body: Mapping[str, Any]) -> list[Reason]:
    found: list[Reason] = []
    for at, one in reading.objects(body, "parties"):
        known = identifiers(one)
        if one.get("role") in _IDENTIFIED and not known:
            found.append(
                NOT_IDENTIFIED(
                    at=f"{at}/identifiers",
                    role=one["role"],
                    schemes=", ".join(party.SCHEMES).upper(),
                )
            )
        for pointer, identifier in reading.objects(one, "identifiers", at):
            scheme, value = reading.text(identifier, "scheme"), reading.text(identifier, "value")
            if scheme is not None and value is not None and scheme.lower() in party.SCHEMES:
                found += party.findings(f"{scheme.lower()}:{value}", at=f"{pointer}/value")
    return found


def _main_carrier(body: Mapping[str, Any]) -> list[Reason]:
    main = main_leg([leg for _, leg in reading.objects(body, "legs")])
    value = reading.text(main, "carrierIdentifier") if main is not None else None
    carriers = _named(body, "CARRIER")
    if value is None or not carriers or any(goes_by(one, value) for _, one in carriers):
        return []
    at = next(at for at, leg in reading.objects(body, "legs") if leg is main)
    return [MAIN_CARRIER_NOT_NAMED(at=f"{at}/carrierIdentifier", value=value)]


def goes_by(named: Mapping[str, Any], value: str) -> bool:
    """Whether one of a party's identifiers, of whatever scheme, has this value."""
    return any(one.get("value") == value for _, one in reading.objects(named, "identifiers"))


def _payer(body: Mapping[str, Any]) -> list[Reason]:
    terms = reading.text(reading.part(body, "terms"), "freightPayment")
    role = _PAYER.get(terms or "")
    if terms is None or role is None or not isinstance(body.get("parties"), list):
        return []
    count = len(_named(body, role))
    if count == 1:
        return []
    return [PAYER_UNCLEAR(at="/terms/freightPayment", terms=terms, role=role, count=count)]
