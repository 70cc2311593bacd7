"""The rules of release: pure tables and guards; containers and bulk share lights and holds."""
