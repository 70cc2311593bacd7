"""Dry bulk released in partial lots by weight (散货分批放货; DOMAIN 2(b))."""
