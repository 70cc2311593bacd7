"""The chain side of the release ledger 链上账本: contract client, pure rules, embedded node.

Source of the rules: LEDGER 0.2 and 8. Nothing here opens the platform's database.
"""
