"""Joins the event store to the ledger: leaves, checkpoints, anchoring, proof bundles."""
