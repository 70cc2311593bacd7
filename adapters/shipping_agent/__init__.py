"""Shipping agents and carriers (船代、船公司)."""
