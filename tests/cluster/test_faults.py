"""What is wrong with models and stores is said at the earliest place that can know it, and never served."""

from typing import Any

import pytest

from tests.support.models import SAMPLE, Models
from tests.support.release import SHORT_DRAIN, Release

OTHER_DIGEST = "sha256:" + "b" * 64


def values(release: Release, models: Models, served: dict[str, Any], **store: Any) -> dict[str, Any]:
    repository = models.repository(release.shell)
    repository["objectStore"] |= store
    return {"models": served, "modelRepository": repository, "poolDefaults": {"drain": SHORT_DRAIN}}


def stopped_with(release: Release) -> str:
    """The init container's message, after it was seen that the pod is not ready."""
    message = release.wait_init_failure()
    assert release.pods()
    assert release.ready_pods() == []
    return message


def test_a_wrong_digest_stops_the_pod_and_names_the_bundles_there_are(release: Release, models: Models) -> None:
    good = models.publish("steady")
    release.helm(values=values(release, models, {"steady": {**good["steady"], "digest": OTHER_DIGEST}}))
    message = stopped_with(release)
    assert message.startswith("models.steady.digest: the store has no bundle sha256:bbb")
    assert good["steady"]["digest"].removeprefix("sha256:") in message


def test_a_mistyped_model_name_stops_the_pod_and_names_the_models_there_are(release: Release, models: Models) -> None:
    good = models.publish("steady")
    release.helm(values=values(release, models, {"staedy": {"digest": good["steady"]["digest"]}}))
    message = stopped_with(release)
    assert message.startswith('models.staedy: the store has no model "staedy"')
    assert "steady" in message


def test_a_missing_bucket_stops_the_pod(release: Release, models: Models) -> None:
    release.helm(values=values(release, models, models.publish("steady"), url="s3://nowhere/tests"))
    assert stopped_with(release).startswith('modelRepository.objectStore.url: the bucket "nowhere" does not exist')


def test_wrong_keys_stop_the_pod_and_name_the_secret(release: Release, models: Models) -> None:
    given = values(release, models, models.publish("steady"), credentials={"secretName": "wrong"})
    release.shell.kubectl(
        "create", "secret", "generic", "wrong", "--from-literal=access-key-id=a", "--from-literal=secret-access-key=b"
    )
    release.helm(values=given)
    message = stopped_with(release)
    assert message.startswith("modelRepository.objectStore.credentials: the store refuses the access keys")
    assert "Secret wrong" in message


def test_a_store_that_is_not_there_stops_the_pod(release: Release, models: Models) -> None:
    release.helm(
        values=values(release, models, models.publish("steady"), endpoint="http://nobody.example.invalid:9000")
    )
    assert stopped_with(release).startswith(
        "modelRepository.objectStore.endpoint: the store http://nobody.example.invalid:9000 is not reached"
    )


def test_a_changed_file_in_the_store_stops_the_pod_with_both_digests(release: Release, models: Models) -> None:
    served = models.publish("tampered", prefix="tampered")
    digest = served["tampered"]["digest"].removeprefix("sha256:")
    models.store_shell.kubectl(
        "exec",
        "deployment/s3",
        "--",
        "sh",
        "-c",
        f"echo '# changed' >> /data/models/tampered/tampered/{digest}/1/model.py",
    )
    given = values(release, models, served, url="s3://models/tampered")
    release.helm(values=given)
    message = stopped_with(release)
    assert message.startswith("models.tampered: the file 1/model.py is corrupt; expected sha256:")
    assert "found sha256:" in message


def test_a_changed_manifest_stops_the_pod(release: Release, models: Models) -> None:
    served = models.publish("forged", prefix="forged")
    digest = served["forged"]["digest"].removeprefix("sha256:")
    models.store_shell.kubectl(
        "exec", "deployment/s3", "--", "sh", "-c", f"echo >> /data/models/forged/forged/{digest}/manifest.json"
    )
    release.helm(values=values(release, models, served, url="s3://models/forged"))
    assert stopped_with(release).startswith(
        f"models.forged.digest: manifest.json does not match; expected sha256:{digest}, found sha256:"
    )


def test_an_unknown_key_is_refused_before_anything_is_made(release: Release) -> None:
    said = release.helm(values={"poolDefaults": {"replica": 2}}, check=False)
    assert "replica" in said
    assert release.pods() == []


def test_one_bad_model_of_three_is_named_and_the_pod_gets_no_requests(release: Release, models: Models) -> None:
    served = (
        models.publish("one")
        | models.publish("two")
        | models.publish("bad", initialize='raise RuntimeError("no weights")')
    )
    release.helm(values=values(release, models, served))
    message = release.wait_unready_message()
    assert "model bad is not ready" in message
    assert "no weights" in message
    assert "model one" not in message
    assert release.ready_pods() == []


def test_one_bad_model_of_three_does_not_take_the_good_ones_down_where_any_will_do(
    release: Release, models: Models
) -> None:
    served = (
        models.publish("one")
        | models.publish("two")
        | models.publish("bad", initialize='raise RuntimeError("no weights")')
    )
    given = values(release, models, served)
    given["poolDefaults"]["readinessProbe"] = {"models": "any"}
    release.helm(values=given, wait="90s")
    for name in ("one", "two"):
        assert release.infer(name, SAMPLE)["outputs"][0]["data"] == [6.0]


def test_a_rollout_with_a_bad_model_stops_and_the_old_pods_go_on(release: Release, models: Models) -> None:
    good = models.publish("one") | models.publish("two")
    release.helm(values=values(release, models, good), wait="2m")
    bad = good | models.publish("bad", initialize='raise RuntimeError("no weights")')
    release.helm(values=values(release, models, bad))
    assert "model bad is not ready" in release.wait_unready_message()
    assert len(release.ready_pods()) == 1
    assert len(release.pods()) == 2
    for name in ("one", "two"):
        assert release.infer(name, SAMPLE)["outputs"][0]["data"] == [6.0]


@pytest.mark.parametrize("readiness", ["all", "any"])
def test_a_pod_whose_models_are_all_bad_is_never_ready(release: Release, models: Models, readiness: str) -> None:
    given = values(release, models, models.publish("bad", initialize='raise RuntimeError("no weights")'))
    given["poolDefaults"]["readinessProbe"] = {"models": readiness}
    release.helm(values=given)
    assert "model bad is not ready" in release.wait_unready_message()
    assert release.ready_pods() == []


def test_a_configuration_that_the_server_refuses_is_named(release: Release, models: Models) -> None:
    served = models.publish("one")
    served["one"]["config"] = served["one"]["config"].replace("max_batch_size: 8", "max_batch_size: -1")
    release.helm(values=values(release, models, served))
    message = release.wait_unready_message()
    assert "model one is not ready: its configuration was refused, or it is not in the repository" in message


def test_the_repository_api_is_locked_for_strangers(release: Release, models: Models) -> None:
    release.helm(values=values(release, models, models.publish("one")), wait="2m")
    pod = release.wait_ready(1)[0]
    ask = "curl -s -o /dev/null -w '%{http_code}' -X POST http://127.0.0.1:8000/v2/repository/index"
    with_key = f"{ask} -H 'triton-stack-key: {pod['metadata']['uid']}'"
    answers = [
        release.shell.kubectl("exec", pod["metadata"]["name"], "-c", "triton", "--", "sh", "-c", text)
        for text in (ask, with_key)
    ]
    assert answers == ["403", "200"]
