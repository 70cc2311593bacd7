"""Electronic release (电子放货): commercial release, release right, holds, charges, readiness; containers and bulk."""
