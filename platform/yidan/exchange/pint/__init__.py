"""Electronic bills from and to other platforms by DCSA PINT 3.0 (电子提单互通)."""
