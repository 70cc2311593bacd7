"""The console: its shell, signing in, the kiosk, the public verify page, the operator's page."""
