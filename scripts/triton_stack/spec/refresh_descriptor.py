"""Refresh model_config.binpb, Triton's own schema of ModelConfig, from the installed tritonclient.

Run after raising tritonclient in the test group: ``python scripts/triton_stack/spec/refresh_descriptor.py``.
The bytes are model_config.proto of NVIDIA's triton-inference-server/common (BSD-3-Clause), as tritonclient ships it.
"""

from importlib.metadata import files
from pathlib import Path


def main() -> None:
    """Write the serialized FileDescriptorProto beside this file."""
    from tritonclient.grpc import model_config_pb2  # type: ignore[import-untyped]

    target = Path(__file__).with_name("model_config.binpb")
    target.write_bytes(model_config_pb2.DESCRIPTOR.serialized_pb)
    # Its licence asks that the notice goes with it.
    notice = next(file for file in files("tritonclient") or [] if file.name == "LICENSE.txt")
    target.with_suffix(".LICENSE").write_bytes(notice.read_binary())
    print(f"wrote {target.name}: {target.stat().st_size} bytes, and its licence")


if __name__ == "__main__":
    main()
