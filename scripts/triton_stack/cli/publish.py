"""``triton-stack publish``."""

from pathlib import Path
from typing import Annotated

import typer

from triton_stack.cli.console import Output, Progress, UsageProblem, fail, note, print_json
from triton_stack.cli.stacks import EnvironmentOption, TritonOption, load_checked, read_triton

NAME = "publish"
EXAMPLE = "triton-stack publish my-stack --to s3://models/prod --region us-east-1 --values build/values/published.yaml"


def command(
    stack: Annotated[Path, typer.Argument(help="Stack folder, with stack.yaml and models/*.yaml.")],
    to: Annotated[
        str, typer.Option("--to", help="Where bundles go: s3://BUCKET/PREFIX; the stack's own store when left out.")
    ] = "",
    endpoint: Annotated[str, typer.Option(help="URL of an S3-compatible store; AWS when left out.")] = "",
    region: Annotated[str, typer.Option(help="Region of the bucket; AWS_REGION when left out.")] = "",
    path_style: Annotated[
        bool, typer.Option("--path-style", help="Put the bucket into the path, not into the host name.")
    ] = False,
    model: Annotated[
        list[str] | None, typer.Option("--model", help="Publish this model only; may be repeated.")
    ] = None,
    values: Annotated[
        Path | None, typer.Option("--values", help="Write chart values with the digests to this file.")
    ] = None,
    environment: EnvironmentOption = None,
    triton_version: TritonOption = None,
    output: Annotated[Output, typer.Option("-o", "--output", help="Form of the result.")] = Output.TEXT,
) -> None:
    """Upload the models of a stack as immutable bundles, and print their digests.

    Existing objects are verified and never overwritten; a second run uploads nothing. Credentials come from the
    environment or the AWS configuration (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, workload identity).
    """
    from triton_stack.generate.model import published_values, values_text
    from triton_stack.generate.stack import bundle_of, model_size
    from triton_stack.repository.output import ForeignFileError, write_generated
    from triton_stack.spec.stack import object_store
    from triton_stack.storage.location import Location
    from triton_stack.storage.object_store import StorageError, open_store, publish_bundle

    if to and (problem := Location(to, endpoint, region, path_style).problem()):
        raise UsageProblem(problem)
    loaded = load_checked(stack, environment, read_triton(triton_version))
    own = {} if to else object_store(loaded.stack.values)
    if not to and not own:
        raise UsageProblem(f"{stack} has no modelRepository.objectStore in its values; give --to s3://BUCKET/PREFIX")
    location = Location(
        to or own["url"],
        endpoint or own.get("endpoint", ""),
        region or own.get("region", ""),
        path_style or own.get("pathStyle", False),
    )
    if location.problem():
        raise UsageProblem(location.problem())
    known = {item.spec.name: item for item in loaded.models}
    unknown = sorted(set(model or []) - set(known))
    if unknown:
        raise UsageProblem(f'{stack} has no model "{unknown[0]}"; it has {", ".join(known)}')
    results = []
    try:
        store = open_store(location)
        for name, item in known.items():
            if model and name not in model:
                continue
            hashing = Progress(f"{name}: hashing", model_size(item))
            bundle = bundle_of(item, hashing)
            hashing.finish()
            if bundle is None:
                note(f"{name}: has no files to publish")
                continue
            sending = Progress(f"{name}: sending", model_size(item))
            done = publish_bundle(store, location, bundle, sending)
            sending.finish()
            note(f"{name}: {done.uploaded} files uploaded, {done.kept} verified")
            results.append(
                {"model": name, "digest": bundle.manifest.digest, "uploaded": done.uploaded, "verified": done.kept}
            )
        if values is not None:
            digests = {str(result["model"]): str(result["digest"]) for result in results}
            source = (stack / "stack.yaml") if stack.is_dir() else stack
            write_generated(
                values, values_text(published_values(digests), loaded.environment.of_file(source.as_posix())).encode()
            )
    except StorageError as error:
        fail(str(error))
        raise typer.Exit(1) from None
    except ForeignFileError as error:
        raise UsageProblem(str(error)) from None
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
        raise typer.Exit(1) from None
    if output is Output.JSON:
        print_json(results)
    else:
        for result in results:
            print(f"{result['model']} {result['digest']}")
        if values is not None:
            note(f"wrote {values}: add it to helm with -f {values}")
