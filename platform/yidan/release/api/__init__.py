"""The endpoints of release: parse, call one action, answer."""
