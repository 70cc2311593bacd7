"""The pure core: errors, events, state machines, reasons, quantities and identifiers; no I/O and no clock."""
