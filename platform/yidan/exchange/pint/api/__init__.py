"""The endpoints: PINT's own under `/v3`; for parties and administrators under `/v1`."""
