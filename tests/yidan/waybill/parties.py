"""The parties that the bills of these tests name."""

from yidan.kernel.reasons import Role

USCC = {
    "forwarder": "91320703MA1Q5KHY6Q",
    "consignee": "91610131MA6X2TRN8X",
    "carrier": "91310000132207927C",
    "rail": "91110000600037341L",
}
ORGANISATIONS = {
    "forwarder": (Role.FORWARDER, f"uscc:{USCC['forwarder']}"),
    "carrier": (Role.CARRIER, f"uscc:{USCC['carrier']}", "smdg:EOC"),
    "rail": (Role.RAIL_OPERATOR, f"uscc:{USCC['rail']}"),
    "agent": (Role.SHIPPING_AGENT, "scac:LYGA"),
}
