"""What must be right about a bill: the schema's and the business rules' findings, all at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from yidan.kernel.reasons import Reason
from yidan.waybill.rules import goods, parties, route


def findings(body: Mapping[str, Any], by_schema: Sequence[Reason] = ()) -> list[Reason]:
    """Everything wrong with a bill: parties, way, goods, then the rest of the schema's findings.

    Where a rule and the schema speak of the same field, only the rule is heard: it knows the
    mended form.

    Args:
        body: the bill's JSON, however wrong.
        by_schema: what the kind's schema found.
    """
    by_rule = [*parties.findings(body), *route.findings(body), *goods.findings(body)]
    spoken_of = {finding.at for finding in by_rule}
    return [*by_rule, *(finding for finding in by_schema if finding.at not in spoken_of)]
