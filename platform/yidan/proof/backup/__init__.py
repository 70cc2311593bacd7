"""Backup and restore of an installation as one set: database, chain, witnesses, blobs, keys."""
