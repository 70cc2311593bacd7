"""The database: engine, unit of work, events, outbox, inbox, idempotency and log tables."""
