"""Refresh model_config.binpb, Triton's own schema of ModelConfig, from the installed tritonclient.

Run after raising tritonclient in the test group: ``python scripts/triton_stack/spec/refresh_descriptor.py``.
The bytes are model_config.proto of NVIDIA's triton-inference-server/common (BSD-3-Clause), as tritonclient ships it.
"""

from pathlib import Path


def main() -> None:
    """Write the serialized FileDescriptorProto beside this file."""
    from tritonclient.grpc import model_config_pb2  # type: ignore[import-untyped]

    target = Path(__file__).with_name("model_config.binpb")
    target.write_bytes(model_config_pb2.DESCRIPTOR.serialized_pb)
    print(f"wrote {target.name}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
