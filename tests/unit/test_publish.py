"""Publishing to a real S3-compatible server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Result, triton_stack
from tests.support.s3 import ACCESS_KEY_ID, S3, SECRET_ACCESS_KEY, running_s3


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def bucket(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
    folder = s3.root / tmp_path.name.replace("_", "-").lower()
    folder.mkdir()
    return folder


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    assert triton_stack("init", tmp_path / "stack").code == 0
    return tmp_path / "stack"


def publish(s3: S3, stack: Path, bucket: str, *more: str) -> Result:
    where = ["--to", f"s3://{bucket}/demo", "--endpoint", s3.endpoint, "--region", "us-east-1", "--path-style"]
    s3.settle()
    return triton_stack("publish", stack, *where, *more)


def published(s3: S3, stack: Path, bucket: str, *more: str) -> Result:
    done = publish(s3, stack, bucket, *more)
    assert done.code == 0, done.err
    return done


def objects(bucket: Path) -> list[Path]:
    return sorted(path for path in bucket.rglob("*") if path.is_file())


def test_a_model_is_published_with_its_manifest(s3: S3, stack: Path, bucket: Path) -> None:
    done = publish(s3, stack, bucket.name, "-o", "json")
    assert done.code == 0, done.err
    (model,) = json.loads(done.out)
    base = bucket / "demo" / "double" / model["digest"].removeprefix("sha256:")
    assert [path.relative_to(base).as_posix() for path in objects(bucket)] == [
        "1/model.py",
        "manifest.json",
        "warmup/sample_0",
    ]


def test_the_digest_is_the_one_that_generate_writes(s3: S3, stack: Path, bucket: Path, tmp_path: Path) -> None:
    assert triton_stack("generate", stack, "-o", tmp_path / "out").code == 0
    done = published(s3, stack, bucket.name)
    name, digest = done.out.split()
    assert name == "double"
    assert f"    digest: {digest}\n" in (tmp_path / "out" / "values" / "double.yaml").read_text()


def test_a_second_run_uploads_nothing(s3: S3, stack: Path, bucket: Path) -> None:
    published(s3, stack, bucket.name)
    before = {path: path.stat().st_mtime_ns for path in objects(bucket)}
    (again,) = json.loads(published(s3, stack, bucket.name, "-o", "json").out)
    assert (again["uploaded"], again["verified"]) == (0, 2)
    assert {path: path.stat().st_mtime_ns for path in objects(bucket)} == before


def test_a_half_published_model_is_completed(s3: S3, stack: Path, bucket: Path) -> None:
    published(s3, stack, bucket.name)
    for path in objects(bucket):
        if path.name != "model.py":
            path.unlink()
    (again,) = json.loads(published(s3, stack, bucket.name, "-o", "json").out)
    assert (again["uploaded"], again["verified"]) == (1, 1)
    assert len(objects(bucket)) == 3


@pytest.mark.parametrize("name", ["model.py", "manifest.json"])
@pytest.mark.parametrize("same_size", [True, False])
def test_an_object_with_other_content_is_refused_and_left(
    s3: S3, stack: Path, bucket: Path, name: str, same_size: bool
) -> None:
    published(s3, stack, bucket.name)
    tampered = next(path for path in objects(bucket) if path.name == name)
    content = tampered.read_bytes()
    changed = bytes([content[0] ^ 1]) + content[1:] + (b"" if same_size else b"x")
    tampered.write_bytes(changed)
    done = publish(s3, stack, bucket.name)
    assert done.code == 1
    assert f"{name} has other content" in done.err
    assert tampered.read_bytes() == changed


def test_a_missing_bucket_is_named(s3: S3, stack: Path, bucket: Path) -> None:
    done = publish(s3, stack, "no-such-bucket")
    assert done.code == 1
    assert 'the bucket "no-such-bucket" does not exist' in done.err


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_keys_are_told(s3: S3, stack: Path, bucket: Path, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "wrong-key-of-somebody")
    done = publish(s3, stack, bucket.name)
    assert done.code == 1
    assert "access was denied" in done.err
    assert objects(bucket) == []


def test_a_store_that_does_not_answer_is_named(stack: Path, bucket: Path) -> None:
    done = publish(S3("http://127.0.0.1:9", bucket), stack, bucket.name)
    assert done.code == 1
    assert "the store cannot be reached (s3://" in done.err
    assert "127.0.0.1:9)" in done.err


@pytest.mark.parametrize("to", ["models/demo", "gs://models/demo", "s3://", "s3:///x"])
def test_another_kind_of_place_is_refused(stack: Path, to: str) -> None:
    done = triton_stack("publish", stack, "--to", to)
    assert done.code == 2
    assert f"{to} is not of the form s3://BUCKET/PREFIX" in done.err


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "s3.example", "http://"])
def test_an_endpoint_that_is_no_url_is_refused(stack: Path, endpoint: str) -> None:
    done = triton_stack("publish", stack, "--to", "s3://models/demo", "--endpoint", endpoint)
    assert done.code == 2
    assert f"the endpoint {endpoint} must be a URL" in done.err


def test_without_a_place_the_stacks_own_store_is_used(s3: S3, stack: Path, bucket: Path) -> None:
    file = stack / "stack.yaml"
    own = f"url: s3://{bucket.name}/own\n      endpoint: {s3.endpoint}\n      pathStyle: true"
    file.write_text(file.read_text().replace("url: s3://models/example", own))
    done = triton_stack("publish", stack)
    assert done.code == 0, done.err
    assert (bucket / "own" / "double").is_dir()


def test_a_stack_without_a_store_of_its_own_needs_a_place(stack: Path) -> None:
    (stack / "stack.yaml").write_text("name: example\nvalues: {modelRepository: {type: pvc}}\n")
    done = triton_stack("publish", stack)
    assert done.code == 2
    assert "give --to s3://BUCKET/PREFIX" in done.err


def test_an_unknown_model_is_wrong_use(s3: S3, stack: Path, bucket: Path) -> None:
    done = publish(s3, stack, bucket.name, "--model", "dubble")
    assert done.code == 2
    assert 'has no model "dubble"; it has double' in done.err


def test_a_stack_with_errors_is_not_published(s3: S3, stack: Path, bucket: Path) -> None:
    (stack / "files" / "double" / "3abc").mkdir()
    done = publish(s3, stack, bucket.name)
    assert done.code == 1
    assert "TS402" in done.err
    assert objects(bucket) == []


def test_values_with_the_digest_are_written_and_only_ours_replaced(
    s3: S3, stack: Path, bucket: Path, tmp_path: Path
) -> None:
    values = tmp_path / "published.yaml"
    done = published(s3, stack, bucket.name, "--values", str(values))
    assert done.out.split()[1] in values.read_text()
    assert publish(s3, stack, bucket.name, "--values", str(values)).code == 0
    values.write_text("mine: 1\n")
    assert publish(s3, stack, bucket.name, "--values", str(values)).code == 2
    assert values.read_text() == "mine: 1\n"
