"""Electronic documents (电子单证): kinds and schemas, lifecycle, rendering as PDF/A-3."""
