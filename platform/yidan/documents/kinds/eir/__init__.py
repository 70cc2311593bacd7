"""The equipment interchange receipt (EIR, 设备交接单): what passed the gate, in which state.

Fields of DOMAIN SM-A4; damage lines use ISO 9897 (CEDEX) codes. UNTDID 1001 has no code for it.
"""

from pathlib import Path
from typing import Final

from yidan.documents.kinds import Kind

KIND: Final = Kind(
    name="eir",
    version=1,
    title_zh="设备交接单",
    title_en="Equipment interchange receipt",
    type_code="",
    reference="eirReference",
    folder=Path(__file__).parent,
)
