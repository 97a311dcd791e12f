"""The demo: a kind cluster, an S3 store, a published model, and Triton pods that serve it."""
