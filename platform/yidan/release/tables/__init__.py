"""The read side of release: tables and queries; a projection changes in a projector only."""
