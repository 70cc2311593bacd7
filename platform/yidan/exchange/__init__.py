"""Messages in and out: inbox, routing to use cases, answers, deliveries."""
