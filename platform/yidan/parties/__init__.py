"""Parties: organisations, people, devices, credentials, and who may see what."""
