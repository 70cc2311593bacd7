"""The rules of titles on the chain: pure tables and guards."""
