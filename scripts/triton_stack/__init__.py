"""triton-stack: generate, check, publish and operate Triton model stacks."""
