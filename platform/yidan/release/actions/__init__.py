"""What can be done in release: one plain function a goal; none of them commits."""
