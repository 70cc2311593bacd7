"""The delivery order (提货单): the carrier's or agent's order to the terminal to deliver the goods.

Fields after GB/T 18156 (海上国际集装箱货物交付单证) as publicly described; UNTDID 1001 code 640.
"""

from pathlib import Path
from typing import Final

from yidan.documents.kinds import Kind

KIND: Final = Kind(
    name="delivery_order",
    version=1,
    title_zh="提货单",
    title_en="Delivery order",
    type_code="640",
    reference="deliveryOrderReference",
    folder=Path(__file__).parent,
)
