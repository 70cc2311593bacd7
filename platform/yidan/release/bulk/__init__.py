"""Dry bulk released in partial lots by weight (散货分批放货): lots, pledges, orders, truck tasks (DOMAIN 2(b))."""
