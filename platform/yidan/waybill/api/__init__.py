"""`/v1/waybills`: bills over HTTP."""
