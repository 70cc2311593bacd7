"""Titles on the chain 链上控制权 (T2): who controls a bill's goods, decided by the contract."""
