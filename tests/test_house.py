"""The rules of the house: layers, ports, and what an installation contains."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import calsync
from tests.wheels import IGNORED, ROOT

#: For each import contract a module that breaks it.
VIOLATIONS = {
    "Calls go down, never up or sideways": ("services/planted.py", "import calsync.web"),
    "The core decides and never does": ("core/planted.py", "import os"),
    "The sandbox is a stranger to the product": ("sandbox/planted.py", "import calsync.errors"),
    "HTTP has one door": ("services/planted.py", "import requests"),
    "SQL has one door": ("web/planted.py", "import sqlalchemy"),
    "Flask stays above the services": ("db/planted.py", "import flask"),
    "Siblings form no cycles": (
        "services/planted.py",
        "import calsync.services.planted_too",
        "services/planted_too.py",
        "import calsync.services.planted",
    ),
}
#: Other modules that break a contract in another way.
MORE_VIOLATIONS = [
    ("Calls go down, never up or sideways", "planted.py", ""),
    ("Calls go down, never up or sideways", "db/planted.py", "import calsync.cronofy"),
    ("Calls go down, never up or sideways", "cronofy/planted.py", "import calsync.db"),
    ("Calls go down, never up or sideways", "web/planted.py", "import calsync.jobs"),
    *(
        ("The core decides and never does", "core/planted.py", f"import {module}")
        for module in (
            "calsync.clock",
            "calsync.config",
            "flask",
            "requests",
            "sqlalchemy",
            "logging",
            "random",
            "time",
        )
    ),
    ("HTTP has one door", "web/planted.py", "from authlib import jose"),
    ("SQL has one door", "services/planted.py", "from sqlalchemy.orm import Session"),
    ("Flask stays above the services", "services/planted.py", "import flask"),
]


def lint_imports(folder: Path) -> str:
    """Return what import-linter says of the tree in ``folder``."""
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout + run.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the tree, to plant things in."""
    folder = tmp_path_factory.mktemp("house") / "tree"
    folder.mkdir()
    shutil.copytree(ROOT / "calsync", folder / "calsync", ignore=IGNORED)
    shutil.copy(ROOT / "setup.cfg", folder)
    return folder


def plant(copy: Path, files: tuple[str, ...]) -> str:
    """Return the report on a tree with these files added, and take them out again."""
    paths = [copy / "calsync" / name for name in files[::2]]
    try:
        for path, content in zip(paths, files[1::2], strict=True):
            path.write_text(content + "\n")
        return lint_imports(copy)
    finally:
        for path in paths:
            path.unlink()


def test_every_contract_is_kept(copy: Path):
    assert "Contracts: 7 kept, 0 broken." in lint_imports(copy)


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_planted_violation_breaks_its_contract(copy: Path, contract: str):
    assert f"{contract} BROKEN" in plant(copy, VIOLATIONS[contract])


@pytest.mark.parametrize(("contract", "name", "line"), MORE_VIOLATIONS)
def test_each_forbidden_way_breaks_a_contract(copy: Path, contract: str, name: str, line: str):
    report = plant(copy, (name, line))
    assert f"{contract} BROKEN" in report


@pytest.mark.parametrize(
    "line",
    [
        "import random",
        "import secrets",
        "import uuid",
        "from datetime import datetime\nprint(datetime.now(None))",
        "import time\nprint(time.time())",
        "import time\nprint(time.sleep(1))",
        "import time\nprint(time.monotonic())",
    ],
)
def test_time_and_chance_come_only_through_their_ports(tmp_path: Path, line: str):
    ruff = [Path(sys.executable).parent / "ruff", "check", "--config", ROOT / "ruff.toml"]
    planted = tmp_path / "calsync" / "services" / "planted.py"
    planted.parent.mkdir(parents=True)
    planted.write_text(line + "\n")
    run = subprocess.run([*ruff, planted], capture_output=True, text=True, check=False)
    assert "TID251" in run.stdout


def list_wanted_files() -> set[str]:
    """Return what the repository has for an installation."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    present = [name for name in listed if (ROOT / name).exists()]
    return {name for name in present if name.startswith("calsync/")} | {
        f"calsync/{name}" for name in present if name.startswith(("templates/", "static/"))
    }


def test_the_wheel_holds_what_the_repository_has(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == list_wanted_files()


def test_an_installed_wheel_finds_its_templates_and_files(wheel: Path, tmp_path: Path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    script = (
        "import calsync; from pathlib import Path;"
        "folders = [calsync.find_folder(n) for n in ('templates', 'static')];"
        "assert all(f.is_dir() and f.parent.name == 'calsync' for f in folders), folders;"
        "from calsync.web.assets import _load; assert _load()['calsync.css'];"
        "print(calsync.__file__)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(str(tmp_path))


def test_an_editable_installation_finds_its_templates_and_files():
    for name in ("templates", "static"):
        assert calsync.find_folder(name) == ROOT / name


def test_every_pinned_package_is_a_plain_name_and_version():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines
    for line in lines:
        name, found, version = line.partition("==")
        assert found, line
        assert name, line
        assert version, line


def test_every_dependency_has_an_upper_bound_but_for_the_zones():
    text = (ROOT / "setup.cfg").read_text()
    section = text.partition("install_requires =")[2].partition("[options.entry_points]")[0]
    for line in section.splitlines():
        if ">=" in line:
            # The zone data has no versions of an interface, only newer facts.
            assert ",<" in line or "tzdata" in line, line
