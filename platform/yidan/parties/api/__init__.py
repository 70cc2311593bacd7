"""The JSON endpoints of parties."""
