"""What can be done at the gate: one plain function a goal; none of them commits."""
