"""Knows bytes, not documents: Merkle log, checkpoints, witnesses, bundles, chain (放货账本)."""
