"""Pages that belong to no room: front door, kiosk, verify, messages and operations."""
