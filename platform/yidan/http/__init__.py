"""API glue: strict bodies, problems, access, idempotency, OpenAPI. No business rules."""
