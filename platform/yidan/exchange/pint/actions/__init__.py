"""Use cases of the interchange of electronic bills: signers, receiving, sending, looking."""
