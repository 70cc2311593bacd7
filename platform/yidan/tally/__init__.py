"""Tally (理货): what a vessel should bring, what came off it, and the report of both."""
