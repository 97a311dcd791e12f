"""A real multi-node Kubernetes cluster on one machine, for the demo and the tests.

The parts a machine lacks (container engine, kind, Kubernetes, the Triton image, helm ...) are built from package
registries alone and cached by recipe hash. Not shipped in the triton-stack wheel.
"""
