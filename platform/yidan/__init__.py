"""Yidan (一单, "one bill"): a port's bills, e-documents and gates, with a provable release log."""
