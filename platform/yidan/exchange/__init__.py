"""Messages in and out: inbox, routing to use cases, acknowledgements, deliveries to counterparts."""
