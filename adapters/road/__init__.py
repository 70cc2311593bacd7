"""Hauliers (车队)."""
