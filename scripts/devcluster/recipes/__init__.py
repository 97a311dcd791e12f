"""One small module a part: versions, sources, and how it is built from package registries."""
