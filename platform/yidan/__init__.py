"""Yidan (一单, "one bill"): multimodal logistics and e-documents for ports, with a provable release ledger."""
