"""Rules on the rate limiter, where the pool switches it on (TS514, TS517, TS518)."""

from collections.abc import Iterator
from typing import Any

from triton_stack.check.registry import Problem, rule
from triton_stack.check.view import ModelView
from triton_stack.spec.findings import KeyPath, Severity

LIMITS = "Triton core, rate_limiter.cc: "


def is_on(model: ModelView) -> bool | None:
    """Tell whether the server limits rates, None when its flags are not known."""
    flags = model.target.flags
    return None if flags is None else str(flags.get("rate-limit", "off")) != "off"


def _resources(model: ModelView) -> Iterator[tuple[KeyPath, Any]]:
    for index, group in enumerate(model.config.instance_group):
        for number, resource in enumerate(group.rate_limiter.resources):
            yield ("instance_group", index, "rate_limiter", "resources", number), resource


@rule(
    "TS514",
    "rate limiter that is switched off",
    Severity.WARNING,
    example="an instance group with rate_limiter, in a pool without the flag rate-limit",
    fix="the pool's value server.extraArgs {rate-limit: execution_count}",
    source=f"{LIMITS}RegisterModelInstance",
)
def rate_limiter_is_on(model: ModelView) -> Iterator[Problem]:
    """Resources and priorities are passed over unless the server runs with --rate-limit=execution_count."""
    if is_on(model) is not False:
        return
    for index, group in enumerate(model.config.instance_group):
        if group.HasField("rate_limiter"):
            fix = "set server.extraArgs.rate-limit: execution_count in the pool, or remove it"
            key = ("instance_group", index, "rate_limiter")
            yield Problem(key, "rate_limiter does nothing in this pool", fix)


@rule(
    "TS517",
    "resource that is the server's and a device's at once",
    example="two models of a pool with the flag rate-limit, whose resource R1 is global in one alone",
    fix="R1 with global: true in both, or in neither",
    source=f"{LIMITS}ValidateMaxResources",
)
def resources_are_of_one_kind(model: ModelView) -> Iterator[Problem]:
    """A resource is counted once for the server (global: true), or once for each device."""
    if not is_on(model) or not any(True for _ in _resources(model)):
        return
    kinds: dict[str, bool] = {}
    for other in (*(model.models or {}).values(), model):
        if other.config is not None and other.target == model.target:
            for _, resource in _resources(other):
                kinds.setdefault(resource.name, getattr(resource, "global"))
    for path, resource in _resources(model):
        if getattr(resource, "global") != kinds[resource.name]:
            message = f'resource "{resource.name}" is global in one place, and not in another'
            yield Problem((*path, "global"), message, "make them alike")


@rule(
    "TS518",
    "resource of which the server has too few",
    example="a resource {name: R1, count: 4} in a pool with the flag rate-limit-resource R1:2",
    fix="the pool's value server.extraArgs {rate-limit-resource: ['R1:4']}",
    source=f"{LIMITS}ParseAndValidateExplicitResources",
)
def resources_are_there(model: ModelView) -> Iterator[Problem]:
    """Once any --rate-limit-resource is given, a resource that is not given, or less than asked for, stops the load."""
    flag = (model.target.flags or {}).get("rate-limit-resource")
    if not is_on(model) or not flag:
        return
    limits: dict[str, int] = {}
    for text in flag if isinstance(flag, list) else [flag]:
        name, _, rest = str(text).partition(":")
        count = rest.partition(":")[0]
        limits[name] = max(limits.get(name, 0), int(count) if count.isdecimal() else 0)
    for path, resource in _resources(model):
        limit = limits.get(resource.name, 0)
        if resource.count > limit:
            message = f'the instance takes {resource.count} of resource "{resource.name}", the server has {limit}'
            fix = f"set server.extraArgs.rate-limit-resource: ['{resource.name}:{resource.count}'] in the pool"
            yield Problem((*path, "count"), message, fix)
