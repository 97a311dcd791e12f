"""From a published model to answers through one Service, on a real cluster."""

import json
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import pytest

from demo import fetch_model, load, pods, report
from tests.support.models import SAMPLE, Models
from tests.support.release import ROOT, SHORT_DRAIN, Release
from tests.support.waiting import wait_until


@pytest.fixture
def minilm(models: Models, tmp_path: Path) -> dict[str, object]:
    """Values of the published demo model."""
    stack = tmp_path / "stack"
    fetch_model.lay_out(stack)
    models.publish_stack(stack, "minilm")
    return models.values(stack)


def test_two_pods_on_two_nodes_serve_real_embeddings_through_one_service(
    release: Release, models: Models, minilm: dict[str, object], address: str, grpc_address: str
) -> None:
    values = {
        "models": minilm,
        "modelRepository": models.repository(release.shell, "minilm"),
        "poolDefaults": {"replicas": 2, "drain": SHORT_DRAIN},
    }
    release.helm(values=values, wait="3m")
    ready = release.wait_ready(2)

    assert len({pod["spec"]["nodeName"] for pod in ready}) == 2
    vectors = report.embed(f"http://{address}", "hello world", "A cat sits.", "A kitten rests.", "Rates rose.")
    assert vectors.shape == (4, 384)
    numpy.testing.assert_allclose(vectors[0][:4], [-0.0344, 0.0309, 0.0067, 0.0261], atol=1e-3)
    assert vectors[1] @ vectors[2] > 0.5 > 0.3 > vectors[1] @ vectors[3]

    before = pods.served(release.shell, ready, report.MODEL)
    outcomes = [
        load.run(connect, connections=16, requests=160, seconds=60)
        for connect in (
            load.http_sender(f"http://{address}/v2/models/{report.MODEL}/infer", report.body("hello")),
            load.grpc_sender(grpc_address, report.MODEL, "TEXT", load.text("hello")),
        )
    ]
    assert [outcome.failures for outcome in outcomes] == [[], []]
    after = pods.served(release.shell, ready, report.MODEL)
    assert all(after[name] > before[name] for name in after), f"a pod got no request: {before} -> {after}"

    said = release.shell.helm("test", release.name, "--logs")
    assert "infers all_minilm_l6_v2" in said

    entries = json.loads(
        release.shell.run(
            "triton-stack",
            "endpoints",
            release.name,
            "-n",
            release.shell.namespace,
            "--url",
            f"http://{address}",
            "-o",
            "json",
        )
    )
    assert entries
    for entry in entries:
        answer = subprocess.run(["sh", "-c", entry["curl"]], capture_output=True, text=True, timeout=30, check=True)
        assert '"EMBEDDING"' in answer.stdout


def test_the_chart_alone_serves_from_an_existing_claim(release: Release, tmp_path: Path) -> None:
    shell = release.shell
    shell.run(
        "kubectl", "label", "--overwrite", "namespace", shell.namespace, "pod-security.kubernetes.io/enforce=baseline"
    )
    manifest = (ROOT / "tests/cluster/claim.yaml").read_text()
    shell.kubectl("apply", "-f", "-", text=manifest)
    shell.kubectl("wait", "--for=condition=Ready", "pod/writer", "--timeout=90s")
    source = tmp_path / "double"
    shell.run("triton-stack", "init", str(source))
    shell.run("triton-stack", "generate", str(source), "-o", str(tmp_path / "out"))
    shell.kubectl("cp", str(tmp_path / "out/model_repository/double"), "writer:/claim/double")
    shell.kubectl("cp", str(source / "files/double/1"), "writer:/claim/double/1")
    node = shell.kubectl("get", "pod", "writer", "-o", "jsonpath={.spec.nodeName}")
    values = tmp_path / "claim-values.yaml"
    values.write_text(f"""
models:
  double: {{}}
modelRepository:
  type: pvc
  pvc:
    existingClaim: models
    accessModes: [ReadWriteOnce]
    singleNode: true
pools:
  default:
    replicas: 2
    nodeSelector: {{kubernetes.io/hostname: {node}}}
""")
    release.helm(values, values={"poolDefaults": {"drain": SHORT_DRAIN}}, wait="2m")
    body = json.dumps({"inputs": [{"name": "INPUT", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}]})
    assert release.infer("double", body)["outputs"][0]["data"] == [2, 4, 6, 8]

    shell.kubectl("exec", "writer", "--", "mkdir", "/claim/double/3abc")
    shell.kubectl("delete", "pod", release.ready_pods()[0]["metadata"]["name"], "--wait=false")
    message = release.wait_init_failure()
    assert 'models.double: the folder "3abc" is not a version' in message
    assert len(release.ready_pods()) == 1, "the pod that serves was disturbed"


def test_requests_go_on_through_the_other_pod_when_one_is_killed(
    release: Release, models: Models, address: str
) -> None:
    values = {
        "models": models.publish("steady"),
        "modelRepository": models.repository(release.shell),
        "poolDefaults": {"replicas": 2, "drain": SHORT_DRAIN},
    }
    release.helm(values=values, wait="2m")
    victim = release.wait_ready(2)[0]["metadata"]["name"]
    sender = load.http_sender(f"http://{address}/v2/models/steady/infer", SAMPLE, keep_alive=False, timeout=3)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(load.run, sender, connections=4, requests=2000, seconds=20, pause=0.02)
        wait_until(
            "load on the pod",
            lambda: pods.served(release.shell, release.ready_pods(), "steady"),
            lambda n: min(n.values()) > 20,
            15,
        )
        release.shell.kubectl("delete", "pod", victim, "--grace-period=0", "--force")
        outcome = running.result()

    assert len(outcome.seconds) > 500
    failed_late = [failure for failure in outcome.failures if failure[0] > 15]
    assert failed_late == []
    assert len(outcome.failures) < len(outcome.seconds) * 0.05, outcome.failures[:5]
    assert victim not in {pod["metadata"]["name"] for pod in release.wait_ready(2)}


def http_steady(address: str, grpc_address: str) -> Callable[[], load.Request]:
    return load.http_sender(f"http://{address}/v2/models/steady/infer", SAMPLE, keep_alive=False)


def grpc_steady(address: str, grpc_address: str) -> Callable[[], load.Request]:
    return load.grpc_sender(grpc_address, "steady", "INPUT", numpy.array([[3]], dtype=numpy.float32))


@pytest.mark.parametrize("steady", [http_steady, grpc_steady])
def test_no_request_is_lost_in_a_rollout(
    steady: Callable[[str, str], Callable[[], load.Request]],
    release: Release,
    models: Models,
    address: str,
    grpc_address: str,
) -> None:
    values = {
        "models": models.publish("steady"),
        "modelRepository": models.repository(release.shell),
        "poolDefaults": {"replicas": 2},
    }
    release.helm(values=values, wait="2m")
    release.wait_ready(2)
    sender = steady(address, grpc_address)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(load.run, sender, connections=4, requests=4000, seconds=30, pause=0.03)
        release.shell.kubectl("rollout", "restart", f"deployment/{release.object_name}")
        release.shell.kubectl("rollout", "status", f"deployment/{release.object_name}", "--timeout=90s")
        outcome = running.result()

    assert len(outcome.seconds) > 1000
    assert outcome.failures == []


def test_uninstall_leaves_nothing_behind(release: Release, models: Models) -> None:
    kinds = "all,configmaps,secrets,serviceaccounts,persistentvolumeclaims,horizontalpodautoscalers,endpointslices"
    repository = models.repository(release.shell)

    def objects() -> set[str]:
        # What every namespace has by itself.
        ignored = {"configmap/kube-root-ca.crt", "serviceaccount/default"}
        return set(release.shell.kubectl("get", kinds, "-o", "name").split()) - ignored

    before = objects()
    values = {"models": models.publish("steady"), "modelRepository": repository, "poolDefaults": {"drain": SHORT_DRAIN}}
    release.helm(values=values, wait="2m")
    release.shell.helm("test", release.name)
    assert len(objects() - before) > 5
    release.uninstall()
    wait_until("the end of all objects", objects, lambda left: left == before, 60)


def test_the_notes_commands_work_when_pasted(release: Release, models: Models) -> None:
    values = {
        "models": models.publish("steady"),
        "modelRepository": models.repository(release.shell),
        "poolDefaults": {"drain": SHORT_DRAIN, "ports": {"http": 18190, "grpc": 18191, "metrics": 18192}},
    }
    release.helm(values=values, wait="2m")
    notes = release.shell.helm("get", "notes", release.name)
    commands = [line.strip() for line in notes.splitlines() if re.match(r"\s+(kubectl|helm) ", line)]
    assert len(commands) == 5
    forward = next(command for command in commands if "port-forward" in command)
    process = subprocess.Popen(
        ["sh", "-c", f"exec {forward}"], env=release.shell.environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert "127.0.0.1:18190" in process.stdout.readline()
        said = {command: release.shell.run("sh", "-c", command) for command in commands if command != forward}
    finally:
        process.terminate()
        process.wait(timeout=10)
    answers = [text for command, text in said.items() if "curl" in command]
    assert len(answers) == 1
    assert json.loads(answers[0])["outputs"][0]["data"] == [6.0]


def test_a_change_of_the_services_annotations_restarts_no_pod(release: Release, models: Models) -> None:
    values = {
        "models": models.publish("steady"),
        "modelRepository": models.repository(release.shell),
        "poolDefaults": {"drain": SHORT_DRAIN},
    }
    release.helm(values=values, wait="2m")
    before = [pod["metadata"]["uid"] for pod in release.wait_ready(1)]
    changed = {**values, "poolDefaults": {"drain": SHORT_DRAIN, "service": {"annotations": {"a": "b"}}}}
    release.helm(values=changed, wait="1m")
    assert '"a":"b"' in release.shell.kubectl(
        "get", "service", release.object_name, "-o", "jsonpath={.metadata.annotations}"
    )
    assert [pod["metadata"]["uid"] for pod in release.ready_pods()] == before


def test_a_rollback_brings_the_earlier_model_back(release: Release, models: Models) -> None:
    first = {
        "models": models.publish("steady", factor=2),
        "modelRepository": models.repository(release.shell),
        "poolDefaults": {"drain": SHORT_DRAIN},
    }
    release.helm(values=first, wait="2m")
    assert release.infer("steady", SAMPLE)["outputs"][0]["data"] == [6.0]
    release.helm(values={**first, "models": models.publish("steady", factor=5)}, wait="2m")
    assert release.infer("steady", SAMPLE)["outputs"][0]["data"] == [15.0]
    release.shell.helm("rollback", release.name, "1", "--wait", "--timeout", "2m")
    assert release.infer("steady", SAMPLE)["outputs"][0]["data"] == [6.0]
