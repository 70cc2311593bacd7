"""Knows bytes, not documents: Merkle log, checkpoints, witnesses, proof bundles and the chain side of the release ledger."""
