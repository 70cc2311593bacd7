"""Railways (铁路)."""
