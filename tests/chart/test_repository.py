"""Where a pool's pods get their models from."""

from tests.support.render import DIGEST, container, one, pod_spec, pool, render, rendered
from tests.support.scenarios import scenarios

CLAIM = {"modelRepository": {"type": "pvc", "pvc": {"existingClaim": "models"}}, "models": {"m": {"digest": ""}}}


def test_bundles_are_fetched_into_an_empty_dir_and_mounted_read_only() -> None:
    objects = rendered()
    assert {"name": "models", "emptyDir": {}} in pod_spec(objects)["volumes"]
    assert {"name": "models", "mountPath": "/models", "subPath": "repository", "readOnly": True} in container(objects)[
        "volumeMounts"
    ]
    assert [c["name"] for c in pod_spec(objects)["initContainers"]] == ["fetch-models"]


def test_name_digest_and_configuration_of_each_model_stand_in_the_pod_itself() -> None:
    objects = rendered({"models": {"m": {"config": 'name: "m"\n'}, "chain": {"config": 'platform: "ensemble"'}}})
    assert container(objects, "fetch-models")["args"] == ["chain", "", 'platform: "ensemble"', "m", DIGEST, 'name: "m"']


def test_kubernetes_does_not_expand_what_looks_like_a_variable_in_a_configuration() -> None:
    objects = render(scenarios()["everything"])
    assert container(objects, "fetch-models")["args"][2].startswith("# costs 3 $$ and $$(NOTHING)\n")


def test_the_stores_keys_are_references_to_the_secret() -> None:
    objects = rendered(
        {
            "modelRepository": {
                "objectStore": {
                    "credentials": {"secretName": "keys", "accessKeyIdKey": "id", "secretAccessKeyKey": "sk"}
                }
            }
        }
    )
    environment = {entry["name"]: entry.get("valueFrom") for entry in container(objects, "fetch-models")["env"]}
    assert environment["AWS_ACCESS_KEY_ID"] == {"secretKeyRef": {"name": "keys", "key": "id"}}
    assert environment["AWS_SECRET_ACCESS_KEY"] == {"secretKeyRef": {"name": "keys", "key": "sk"}}


def test_without_a_secret_the_workload_identity_is_used() -> None:
    names = [entry["name"] for entry in container(rendered(), "fetch-models")["env"]]
    assert "RCLONE_CONFIG_STORE_ENV_AUTH" in names
    assert "AWS_ACCESS_KEY_ID" not in names


def test_an_endpoint_makes_the_store_one_of_another_provider() -> None:
    stores = [{}, {"endpoint": "https://s3.example.org"}]
    providers = []
    for store in stores:
        environment = container(rendered({"modelRepository": {"objectStore": store}}), "fetch-models")["env"]
        providers += [entry["value"] for entry in environment if entry["name"] == "RCLONE_CONFIG_STORE_PROVIDER"]
    assert providers == ["AWS", "Other"]


def test_a_trailing_slash_of_the_address_does_not_matter() -> None:
    stores = []
    for url in ("s3://models/demo", "s3://models/demo/"):
        environment = container(rendered({"modelRepository": {"objectStore": {"url": url}}}), "fetch-models")["env"]
        stores += [entry["value"] for entry in environment if entry["name"] == "STORE"]
    assert stores == ["models/demo", "models/demo"]


def test_an_existing_claim_is_mounted_read_only_and_verified() -> None:
    objects = rendered(
        {**CLAIM, "modelRepository": {"type": "pvc", "pvc": {"existingClaim": "models", "subPath": "a/b"}}}
    )
    assert {"name": "models", "persistentVolumeClaim": {"claimName": "models", "readOnly": True}} in pod_spec(objects)[
        "volumes"
    ]
    mount = {"name": "models", "mountPath": "/models", "subPath": "a/b", "readOnly": True}
    assert mount in container(objects)["volumeMounts"]
    assert mount in container(objects, "verify-models")["volumeMounts"]
    assert container(objects, "verify-models")["args"] == ["m"]
    assert [item for item in objects if item["kind"] == "PersistentVolumeClaim"] == []


def test_without_an_existing_claim_one_is_created_and_kept_at_uninstall() -> None:
    objects = render(scenarios()["claim-created"])
    claim = one(objects, "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep", "team": "vision"}
    assert claim["metadata"]["labels"]["tier"] == "models"
    assert claim["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "fast",
        "volumeName": "pv-7",
        "resources": {"requests": {"storage": "5Gi"}},
    }
    assert claim["metadata"]["name"] in str(pod_spec(objects)["volumes"])


def test_a_claim_may_be_deleted_at_uninstall() -> None:
    values = {"modelRepository": {"type": "pvc", "pvc": {"retain": False}}, "models": {"m": {"digest": ""}}}
    assert "annotations" not in one(rendered(values), "PersistentVolumeClaim")["metadata"]


def test_an_empty_storage_class_is_not_the_default_class() -> None:
    classes = []
    for name in ("", None):
        values = {
            "modelRepository": {"type": "pvc", "pvc": {"storageClassName": name}},
            "models": {"m": {"digest": ""}},
        }
        classes.append(one(rendered(values), "PersistentVolumeClaim")["spec"].get("storageClassName", "absent"))
    assert classes == ["", "absent"]


def test_the_model_volume_can_be_bounded_and_in_memory() -> None:
    objects = rendered(pool(modelVolume={"medium": "Memory", "sizeLimit": "4Gi"}))
    assert {"name": "models", "emptyDir": {"medium": "Memory", "sizeLimit": "4Gi"}} in pod_spec(objects)["volumes"]
