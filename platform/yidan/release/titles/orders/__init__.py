"""Bulk orders on the contract 散货链上提货指令: told of the platform's orders and trucks."""
