"""Object stores that hold bundles."""
