"""Electronic documents (电子单证): their kinds and schemas, their lifecycle, their rendering as PDF/A-3."""
