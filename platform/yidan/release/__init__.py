"""Electronic release (电子放货): releases, rights, holds, charges, readiness; boxes and bulk."""
