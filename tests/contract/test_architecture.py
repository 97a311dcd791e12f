"""The package's arrows go one way, its core does no I/O, and each code has its reference."""

import ast
import re
from pathlib import Path

import triton_stack
from triton_stack.check.codes import all_codes

PACKAGE = Path(triton_stack.__file__).parent
# Each part may import from those after it, and from its own level.
LEVELS = [{"cli"}, {"fleet", "storage", "repository", "generate"}, {"check"}, {"pbtxt"}, {"spec"}]
CORE = ("spec", "pbtxt", "check")
OUTSIDE = {"socket", "subprocess", "urllib", "http", "requests", "kubernetes", "obstore", "tritonclient", "grpc"}
# Tools that are run by hand, not imported.
BY_HAND = {"refresh_descriptor.py"}


def modules() -> list[Path]:
    found = [path for path in PACKAGE.rglob("*.py") if "scaffold_files" not in path.parts]
    assert len(found) > 30
    return found


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def level(part: str) -> int:
    return next(number for number, parts in enumerate(LEVELS) if part in parts)


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def test_every_part_has_its_level() -> None:
    parts = {part_of(path) for path in modules()} - {"__init__.py"}
    assert parts == set().union(*LEVELS)


def test_arrows_go_one_way() -> None:
    wrong = []
    seen = 0
    for path in modules():
        if path.parent == PACKAGE:
            continue
        for name in imports(path):
            if name.startswith("triton_stack."):
                seen += 1
                if level(name.split(".")[1]) < level(part_of(path)):
                    wrong.append((str(path.relative_to(PACKAGE)), name))
    assert seen > 50
    assert wrong == []


def test_the_core_imports_no_network_process_or_cluster() -> None:
    core = [path for path in modules() if part_of(path) in CORE and path.name not in BY_HAND]
    assert len(core) > 15
    wrong = [(path.name, name) for path in core for name in imports(path) if name.split(".")[0] in OUTSIDE]
    assert wrong == []


def test_the_commands_start_without_the_heavy_libraries() -> None:
    heavy = {"kubernetes", "obstore", "tritonclient", "numpy"}
    at_import = [
        (path.name, alias)
        for path in (PACKAGE / "cli").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
        if alias.split(".")[0] in heavy
    ]
    assert at_import == []


def test_every_code_in_the_sources_has_its_reference_entry() -> None:
    used = {code for path in modules() for code in re.findall(r'"(TS\d{3})"', path.read_text())}
    assert len(used) > 40
    assert used == set(all_codes())
