"""What a finding about a document says: a reason for every rule, zh and en, with what to do.

A schema names its rules by the annotation `x-rule` beside a pattern; `BY_RULE` has the texts. What
a schema keyword says by itself (missing, too long, not in the list …) is in `BY_KEYWORD`.
"""

from types import MappingProxyType
from typing import Final

from yidan.kernel.reasons import ReasonCode, reason


def _rule(name: str, en: str, zh: str) -> tuple[str, ReasonCode]:
    return name, reason(f"document-{name}", en=en, zh=zh)


BY_RULE: Final = MappingProxyType(
    dict(
        [
            _rule(
                "text",
                "{field} holds control or invisible characters; send visible text on one line.",
                "{field} 含控制字符或不可见字符；请填写单行可见文本。",
            ),
            _rule(
                "reference",
                "{field} must be 1 to 35 capital letters, digits or . / _ - (e.g. LYGRTM26110042).",
                "{field} 须为 1 至 35 位大写字母、数字或 . / _ -（如 LYGRTM26110042）。",
            ),
            _rule(
                "reference-any-case",
                "{field} must be 1 to 64 letters, digits or : . _ - .",
                "{field} 须为 1 至 64 位字母、数字或 : . _ - 。",
            ),
            _rule(
                "box-number",
                "{field} must be an ISO 6346 number: 3 owner letters, U, J or Z, and 7 digits"
                " (e.g. CSQU3054383).",
                "{field} 须为 ISO 6346 箱号：3 位箱主字母、U/J/Z、7 位数字（如 CSQU3054383）。",
            ),
            _rule(
                "size-type",
                "{field} must be an ISO 6346 size-type code of 4 characters (e.g. 22G1, 45R1).",
                "{field} 须为 4 位 ISO 6346 尺寸类型代码（如 22G1、45R1）。",
            ),
            _rule(
                "un-location-code",
                "{field} must be a UN/LOCODE: 2 country letters and 3 letters or digits 2-9"
                " (e.g. CNLYG).",
                "{field} 须为 UN/LOCODE：2 位国别字母加 3 位字母或 2-9 数字（如 CNLYG）。",
            ),
            _rule(
                "instant",
                "{field} must be a date and time with its offset (e.g. 2026-11-22T16:00:00+08:00).",
                "{field} 须为带时区的日期时间（如 2026-11-22T16:00:00+08:00）。",
            ),
            _rule(
                "seal",
                "{field} must be 1 to 15 capital letters, digits, / or - .",
                "{field} 须为 1 至 15 位大写字母、数字、/ 或 - 。",
            ),
            _rule(
                "imo-number",
                "{field} must be the 7 digits of an IMO ship number (e.g. 9795426).",
                "{field} 须为 7 位 IMO 船舶识别号（如 9795426）。",
            ),
            _rule(
                "journey",
                "{field} must be 1 to 17 capital letters, digits or . / - (e.g. 062W, X8015).",
                "{field} 须为 1 至 17 位大写字母、数字或 . / -（如 062W、X8015）。",
            ),
            _rule(
                "plate",
                "{field} must be a plate of up to 12 capital letters, digits and Chinese"
                " characters, without spaces or dots (e.g. 苏GD1234).",
                "{field} 须为不超过 12 位的车牌：大写字母、数字、汉字，"
                "不含空格和间隔点（如 苏GD1234）。",
            ),
            _rule(
                "hs-code",
                "{field} must be an HS code of 6, 8 or 10 digits (e.g. 870380).",
                "{field} 须为 6、8 或 10 位商品编码（如 870380）。",
            ),
            _rule(
                "identifier",
                "{field} must be 1 to 35 capital letters, digits or . / - .",
                "{field} 须为 1 至 35 位大写字母、数字或 . / - 。",
            ),
            _rule(
                "uscc",
                "{field} must be a unified social credit code: 18 digits and capital letters"
                " without I, O, S, V, Z.",
                "{field} 须为 18 位统一社会信用代码：数字及大写字母，不含 I、O、S、V、Z。",
            ),
            _rule(
                "lei",
                "{field} must be an LEI: 18 capital letters or digits and 2 check digits.",
                "{field} 须为 LEI：18 位大写字母或数字加 2 位校验数字。",
            ),
            _rule(
                "package-type",
                "{field} must be a package type of UNECE Recommendation 21 (e.g. CT carton,"
                " PX pallet).",
                "{field} 须为 UNECE 第 21 号建议书的包装代码（如 CT 纸箱、PX 托盘）。",
            ),
            _rule(
                "cedex",
                "{field} must be an ISO 9897 (CEDEX) code: component 3 letters, location 4"
                " characters, damage and repair 2 letters.",
                "{field} 须为 ISO 9897（CEDEX）代码：部件 3 位字母、位置 4 位、"
                "残损和修理各 2 位字母。",
            ),
            _rule(
                "tally-damage",
                "{field} must be a damage code of the tally (UNTDED 7501, 7503): 1 to 3 capital"
                " letters or digits.",
                "{field} 须为理货残损代码（UNTDED 7501、7503）：1 至 3 位大写字母或数字。",
            ),
            _rule(
                "bulk-has-no-packages",
                "{field} does not belong to a bulk item; remove it or set bulk to false.",
                "散货不填 {field}；请删除该字段或将 bulk 设为 false。",
            ),
            _rule(
                "party-shipper",
                "{field} names no SHIPPER; add the party that consigns the goods.",
                "{field} 中没有 SHIPPER（托运人）；请补充。",
            ),
            _rule(
                "party-consignee",
                "{field} names no CONSIGNEE; add the party that receives the goods.",
                "{field} 中没有 CONSIGNEE（收货人）；请补充。",
            ),
            _rule(
                "party-carrier",
                "{field} names no CARRIER; add the party that carries under this document.",
                "{field} 中没有 CARRIER（承运人）；请补充。",
            ),
            _rule(
                "party-haulier",
                "{field} names no HAULIER; add the party whose truck brought or took the box.",
                "{field} 中没有 HAULIER（车队）；请补充。",
            ),
        ]
    )
)
"""The reason of each `x-rule`."""

MISSING: Final = reason(
    "document-field-missing",
    en="{field} is missing; it must be given.",
    zh="缺少 {field}；该字段必填。",
)
UNKNOWN: Final = reason(
    "document-field-unknown",
    en="{field} is not a field of this document; remove it or correct its name.",
    zh="{field} 不是本单证的字段；请删除或更正名称。",
)
WRONG_TYPE: Final = reason(
    "document-type",
    en="{field} must be of the JSON type {limit}.",
    zh="{field} 须为 JSON 类型 {limit}。",
)
NOT_WHOLE: Final = reason(
    "document-not-whole",
    en="{field} must be a whole number written without a decimal point or exponent.",
    zh="{field} 须为整数，不得带小数点或指数。",
)
NOT_LISTED: Final = reason(
    "document-not-listed",
    en="{field} must be one of {limit}.",
    zh="{field} 须为以下值之一：{limit}。",
)
TOO_LONG: Final = reason(
    "document-too-long",
    en="{field} may have at most {limit} characters.",
    zh="{field} 最多 {limit} 个字符。",
)
TOO_SHORT: Final = reason(
    "document-too-short",
    en="{field} must have at least {limit} character(s).",
    zh="{field} 至少 {limit} 个字符。",
)
TOO_SMALL: Final = reason(
    "document-too-small",
    en="{field} must be at least {limit}.",
    zh="{field} 不得小于 {limit}。",
)
TOO_LARGE: Final = reason(
    "document-too-large",
    en="{field} must be at most {limit}.",
    zh="{field} 不得大于 {limit}。",
)
TOO_FEW: Final = reason(
    "document-too-few",
    en="{field} must hold at least {limit} entries.",
    zh="{field} 至少 {limit} 项。",
)
TOO_MANY: Final = reason(
    "document-too-many",
    en="{field} may hold at most {limit} entries.",
    zh="{field} 最多 {limit} 项。",
)
REPEATED: Final = reason(
    "document-repeated",
    en="{field} names the same thing twice; give each once.",
    zh="{field} 中有重复项；每项只填一次。",
)
NOT_ALLOWED: Final = reason(
    "document-not-allowed",
    en="{field} breaks the rule {limit} of this document's schema.",
    zh="{field} 不符合本单证模式的 {limit} 规则。",
)
"""For a keyword without a text of its own; a test sees that no schema uses one."""

BY_KEYWORD: Final = MappingProxyType(
    {
        "type": WRONG_TYPE,
        "enum": NOT_LISTED,
        "const": NOT_LISTED,
        "maxLength": TOO_LONG,
        "minLength": TOO_SHORT,
        "minimum": TOO_SMALL,
        "maximum": TOO_LARGE,
        "minItems": TOO_FEW,
        "maxItems": TOO_MANY,
        "uniqueItems": REPEATED,
    }
)
"""The reason of each schema keyword that speaks for itself."""
