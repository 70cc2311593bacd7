"""The rules of PINT: what a chain means and what is answered to it (pure)."""
