"""Titles and the contract 链上控制权: logs followed, instructions sent, words compared."""
