"""The running pods of a release."""
