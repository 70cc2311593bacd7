"""The pure core: errors, events, machines, reasons, quantities, identifiers; no I/O, no clock."""
