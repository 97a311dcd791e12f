"""The cluster does what workloads rely on: nodes, names, Services across nodes, volumes, images."""

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from devcluster import images
from devcluster.health import Kubectl
from tests.support.waiting import wait_until

RESTRICTED = {
    "runAsNonRoot": True,
    "readOnlyRootFilesystem": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.fixture(scope="module")
def kubectl(cluster_kubeconfig: Path, tools: Path | None) -> Kubectl:
    program = tools / "kubectl" if tools else Path(shutil.which("kubectl") or "kubectl")
    return Kubectl(program, cluster_kubeconfig)


@pytest.fixture(scope="module")
def namespace(kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A namespace with the objects of objects.yaml, all of them ready."""
    name = f"devcluster-test-{secrets.token_hex(3)}"
    manifest = tmp_path_factory.mktemp("objects") / "objects.yaml"
    text = Path(__file__).with_name("objects.yaml").read_text().replace("RCLONE_IMAGE", images.RCLONE)
    manifest.write_text(text)
    kubectl.call("create", "namespace", name)
    try:
        kubectl.call("apply", "-n", name, "-f", manifest)
        kubectl.call("rollout", "status", "-n", name, "daemonset/web", "--timeout=90s", timeout=100)
        yield name
    finally:
        kubectl.call("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def nodes(kubectl: Kubectl) -> list[dict]:
    found = json.loads(kubectl.call("get", "nodes", "-o", "json"))["items"]
    assert found
    return found


@pytest.fixture(scope="module")
def web_pods(kubectl: Kubectl, namespace: str, nodes: list[dict]) -> dict[str, str]:
    """Names of the web pods by node, one on each."""
    pods = json.loads(kubectl.call("get", "pods", "-n", namespace, "-l", "app=web", "-o", "json"))["items"]
    found = {pod["spec"]["nodeName"]: pod["metadata"]["name"] for pod in pods}
    assert set(found) == {node["metadata"]["name"] for node in nodes}
    return found


def sh(kubectl: Kubectl, namespace: str, pod: str, command: str) -> str:
    return kubectl.call("exec", "-n", namespace, pod, "--", "sh", "-c", command, timeout=60)


def test_at_least_two_nodes_are_ready(nodes: list[dict]) -> None:
    ready = [
        node["metadata"]["name"]
        for node in nodes
        if any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])
    ]
    assert len(ready) == len(nodes) >= 2


def test_pods_may_be_placed_on_every_node(nodes: list[dict]) -> None:
    taints = [taint for node in nodes for taint in node["spec"].get("taints", [])]
    assert taints == []


def test_every_node_has_both_images(nodes: list[dict]) -> None:
    for node in nodes:
        names = {name for image in node["status"]["images"] for name in image["names"]}
        assert {images.TRITON_CPU, images.RCLONE} <= names


def test_names_are_resolved_on_every_node(kubectl: Kubectl, namespace: str, web_pods: dict[str, str]) -> None:
    for pod in web_pods.values():
        assert "Address: 10.96.0.1" in sh(kubectl, namespace, pod, "nslookup kubernetes.default.svc.cluster.local")


def test_a_service_reaches_its_pods_on_all_nodes_from_every_node(
    kubectl: Kubectl, namespace: str, web_pods: dict[str, str]
) -> None:
    fetch = f"for i in $(seq 30); do timeout 3 wget -q -O - http://web.{namespace}/node; done"
    for pod in web_pods.values():
        # A pod that is ready is known to each node's proxy a little later.
        answers = wait_until(
            f"{pod} reaches all pods",
            lambda pod=pod: sh(kubectl, namespace, pod, fetch).split(),
            lambda answers: set(answers) == set(web_pods),
            seconds=30,
        )
        assert len(answers) == 30


def test_a_service_address_that_nobody_has_is_refused_at_once(
    kubectl: Kubectl, namespace: str, web_pods: dict[str, str]
) -> None:
    for pod in web_pods.values():
        answer = sh(kubectl, namespace, pod, "timeout 3 wget -O - http://10.96.200.200:443 2>&1; true")
        assert "Connection refused" in answer


def test_a_claim_is_bound_and_a_pod_of_any_user_writes_to_it(kubectl: Kubectl, namespace: str) -> None:
    done = "--for=jsonpath={.status.phase}=Succeeded"
    kubectl.call("wait", "-n", namespace, "pod/writer", done, "--timeout=60s", timeout=70)
    assert kubectl.call("logs", "-n", namespace, "writer") == "written\n"
    assert kubectl.call("get", "pvc", "-n", namespace, "data", "-o", "jsonpath={.status.phase}") == "Bound"


def run_once(kubectl: Kubectl, namespace: str, name: str, image: str, command: list[str]) -> str:
    """Runs a command under the strictest security settings and an arbitrary user; returns what it printed."""
    container = {"name": "c", "image": image, "imagePullPolicy": "IfNotPresent", "args": command}
    if image == images.RCLONE:
        container = {**container, "command": command[:1], "args": command[1:]}
    mounts = [{"name": "tmp", "mountPath": "/tmp"}]
    context = {key: RESTRICTED[key] for key in ("readOnlyRootFilesystem", "allowPrivilegeEscalation", "capabilities")}
    spec = {
        "restartPolicy": "Never",
        "securityContext": {"runAsUser": 54321, "runAsNonRoot": True, "seccompProfile": RESTRICTED["seccompProfile"]},
        "containers": [{**container, "securityContext": context, "volumeMounts": mounts}],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    overrides = json.dumps({"apiVersion": "v1", "spec": spec})
    kubectl.call("run", name, "-n", namespace, f"--image={image}", "--restart=Never", f"--overrides={overrides}")
    done = "--for=jsonpath={.status.phase}=Succeeded"
    kubectl.call("wait", "-n", namespace, f"pod/{name}", done, "--timeout=90s", timeout=100)
    return kubectl.call("logs", "-n", namespace, name)


def test_the_triton_image_runs_as_any_user_with_a_read_only_root(kubectl: Kubectl, namespace: str) -> None:
    serve = "timeout --signal=INT 15 tritonserver --model-repository=/tmp --model-control-mode=explicit 2>&1; true"
    printed = run_once(kubectl, namespace, "triton", images.TRITON_CPU, ["sh", "-c", serve])
    assert images.TRITON_VERSION in printed
    assert "Started HTTPService" in printed


def test_the_triton_image_has_what_python_models_import(kubectl: Kubectl, namespace: str) -> None:
    code = "import numpy, onnxruntime, tokenizers; print(numpy.__version__.split('.')[0], onnxruntime.__version__)"
    printed = run_once(kubectl, namespace, "imports", images.TRITON_CPU, ["python3", "-c", code])
    assert printed.split()[0] == "1"
    assert printed.split()[1].startswith("1.19.")


def test_the_rclone_image_has_the_tools_that_scripts_use(kubectl: Kubectl, namespace: str) -> None:
    applets = ["sha256sum", "sed", "awk", "df", "mv", "mkdir", "date", "wget", "cut", "tr", "sort"]
    script = f"rclone version && for t in {' '.join(applets)}; do command -v $t; done"
    lines = run_once(kubectl, namespace, "rclone", images.RCLONE, ["sh", "-c", script]).splitlines()
    assert lines[0] == f"rclone v{images.RCLONE_VERSION}"
    assert lines[-len(applets) :] == [f"/bin/{applet}" for applet in applets]
