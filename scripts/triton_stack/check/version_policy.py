"""The versions of a model, and rules on the policy that chooses those to serve (TS410, TS411, TS421)."""

from collections.abc import Iterator

from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import Folder, ModelView
from triton_stack.spec.findings import KeyPath, Severity
from triton_stack.spec.names import is_version_name


def top_folders(folder: Folder) -> list[str]:
    """Return the folders at the top of a model's folder, versions and others."""
    return sorted(path for path in folder.directories if "/" not in path)


def versions(folder: Folder) -> list[str]:
    """Return the version directories, in numeric order."""
    return sorted((name for name in top_folders(folder) if is_version_name(name)), key=int)


def served_versions(model: ModelView) -> list[int] | None:
    """Return the versions that the model's policy serves, None when its folder is not at hand."""
    if model.folder is None:
        return None
    there = [int(name) for name in versions(model.folder)]
    policy = model.config.version_policy
    if policy.HasField("specific"):
        return [version for version in there if version in policy.specific.versions]
    if policy.HasField("all") or (model.config.HasField("version_policy") and not policy.HasField("latest")):
        return there
    count = policy.latest.num_versions if policy.HasField("latest") else 1
    return there[-count:] if count else []


@rule(
    "TS410",
    "version policy that serves nothing",
    example="version_policy: {latest: {}}",
    fix="version_policy: {latest: {num_versions: 1}}",
    source="Triton core, model_lifecycle.cc: VersionsToLoad",
)
def version_policy(model: ModelView) -> Iterator[Problem]:
    """Triton refuses a policy that leaves no version."""
    policy = model.config.version_policy
    if policy.HasField("latest") and policy.latest.num_versions == 0:
        yield Problem(("version_policy", "latest"), "latest serves 0 versions", "write latest: {num_versions: 1}")
    if policy.HasField("specific") and not policy.specific.versions:
        yield Problem(("version_policy", "specific"), "specific names no version", "write specific: {versions: [1]}")
        return
    asked = list(policy.specific.versions)
    if asked and model.folder is not None and len(list(_absent_versions(model))) == len(asked):
        there = ", ".join(versions(model.folder)) or "none"
        yield Problem(
            ("version_policy", "specific", "versions"), f"none of the versions {asked} is there", f"there: {there}"
        )


@rule(
    "TS411",
    "version policy that names a version which is not there",
    Severity.WARNING,
    example="version_policy: {specific: {versions: [1, 7]}}",
    fix="version_policy: {specific: {versions: [1]}}",
    source="Triton core, model_lifecycle.cc: VersionsToLoad",
)
def specific_versions(model: ModelView) -> Iterator[Problem]:
    """Triton serves the named versions that are there, and says of the others only in its log."""
    named = list(_absent_versions(model))
    if model.folder is not None and len(named) < len(model.config.version_policy.specific.versions):
        there = ", ".join(versions(model.folder))
        for index, version in named:
            key: KeyPath = ("version_policy", "specific", "versions", index)
            yield Problem(key, f"there is no version {version}", f"versions there: {there}")


def _absent_versions(model: ModelView) -> Iterator[tuple[int, int]]:
    if model.folder is not None:
        there = versions(model.folder)
        asked = list(model.config.version_policy.specific.versions)
        for index, version in enumerate(asked):
            # One that is named twice counts as there (TS421).
            if str(version) not in there and asked.count(version) == 1:
                yield index, version


@rule(
    "TS421",
    "version that a policy names twice",
    example="version_policy: {specific: {versions: [1, 1]}}",
    fix="version_policy: {specific: {versions: [1]}}",
    source="Triton core, model_lifecycle.cc: VersionsToLoad, seen on 2.51",
)
def versions_differ(model: ModelView) -> Iterator[Problem]:
    """Triton then takes the version for present, and tries to serve it without its directory."""
    asked = list(model.config.version_policy.specific.versions)
    for index, version in enumerate(asked):
        if version in asked[:index]:
            key: KeyPath = ("version_policy", "specific", "versions", index)
            yield Problem(key, f"version {version} is named twice", "keep one")
