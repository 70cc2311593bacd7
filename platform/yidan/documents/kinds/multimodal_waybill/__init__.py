"""The multimodal waybill (多式联运运单, 一单制): one bill for the whole way, every leg and box.

Names follow UN/CEFACT MMT MultimodalWaybill D23B and DCSA; UNTDID 1001 code 765, multimodal
transport document (generic).
"""

from pathlib import Path
from typing import Final

from yidan.documents.kinds import Kind

KIND: Final = Kind(
    name="multimodal_waybill",
    version=1,
    title_zh="多式联运运单",
    title_en="Multimodal waybill",
    type_code="765",
    reference="transportDocumentReference",
    folder=Path(__file__).parent,
)
