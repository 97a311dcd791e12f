"""Model folders on disk and the bundles made of them."""
