"""What the documents say is there, and what is there they say."""

import re
from pathlib import Path

import pytest

from calsync.cli import main
from calsync.metrics import REGISTRY
from calsync.sandbox.faults import KINDS
from tests.sandbox_server import RunningSandbox
from tests.simulation.invariants import AT_THE_END, ON_THE_WAY
from tests.simulation.invariants.limits import Limit
from tests.wheels import ROOT

DOCS = ROOT / "docs"


def first_cells(document: str, form: str) -> list[str]:
    """Return what stands in the first column of a document's tables, where it has this form."""
    return re.findall(rf"^\| `({form})` \|", (DOCS / document).read_text(), re.MULTILINE)


def test_every_setting_is_documented_and_every_documented_one_is_read():
    code = "".join(
        path.read_text() for path in (ROOT / "calsync").rglob("*.py") if "sandbox" not in path.parts
    )
    read = set(re.findall(r'"((?:CALSYNC|CRONOFY)_[A-Z_]+|(?:SANDBOX_)?PORT)"', code))
    documented = set(
        re.findall(r"^\| `([A-Z_]+)` \|", (DOCS / "settings.md").read_text(), re.MULTILINE)
    )
    assert documented == read


def test_every_control_endpoint_of_the_sandbox_is_documented(running_sandbox: RunningSandbox):
    endpoints = {
        f"{method} {re.sub('<[^>]+>', '<id>', rule.rule.removeprefix('/_control'))}"
        for rule in running_sandbox.app.url_map.iter_rules()
        if rule.rule.startswith("/_control")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    documented = re.findall(
        r"^\| `([A-Z]+ /\S+)` \|", (DOCS / "sandbox.md").read_text(), re.MULTILINE
    )
    assert {line.replace("<uid>", "<id>") for line in documented} == endpoints


def test_every_figure_is_documented():
    table = re.findall(r"^\| (`[a-z_].+) \| [^|]+ \|$", _read("operating.md"), re.MULTILINE)
    documented = {name for cell in table for name in re.findall(r"`([a-z_]+)", cell)}
    made = {
        metric.name + ("_total" if metric.type == "counter" else "")
        for metric in REGISTRY.collect()
    }
    assert documented == made


def test_every_fault_is_documented():
    assert set(first_cells("sandbox.md", r"\w+")) == set(KINDS)


def test_every_command_that_the_documents_name_exists():
    papers = [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.glob("*.md")]
    text = "\n".join(path.read_text() for path in papers)
    named = re.findall(r"(?:`|^    +|\$ )calsync (\w+)(?: ([a-z]\w*))?", text, re.MULTILINE)
    assert len(named) > 10
    for group, name in named:
        command = main.commands[group]
        assert not hasattr(command, "commands") or not name or name in command.commands, name


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=str)
def test_every_link_inside_the_documents_leads_somewhere(path: Path):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_every_document_that_the_code_names_is_there():
    named = {
        (name, path.relative_to(ROOT).as_posix())
        for path, code in _read_code()
        for name in re.findall(r"[\w./-]+\.md\b", code)
    }
    assert {name for name, _ in named} > {"docs/cronofy-api.md", "docs/simulation.md"}
    places = [ROOT, DOCS]
    missing = [
        (name, path)
        for name, path in sorted(named)
        if not any((place / name).is_file() for place in places)
    ]
    assert missing == []


def test_every_section_on_cronofy_that_the_code_cites_is_there():
    sections = re.findall(r"^#+ ([0-9.]+) ", _read("cronofy-api.md"), re.MULTILINE)
    number = r"[0-9]+(?:\.[0-9]+)*"
    cited = {
        each
        for _, code in _read_code()
        for numbers in re.findall(
            rf"cronofy-api\.md ({number}(?:(?:-|, | and | to ){number})*)", code
        )
        for each in re.findall(number, numbers)
    }
    assert cited
    assert sorted(cited - set(sections)) == []


def test_the_readme_tells_what_make_does():
    makefile = (ROOT / "Makefile").read_text()
    [targets] = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    for target in set(targets.split()) - {"clean"}:
        assert f"\n{target}: $(STAMP)" in makefile
        assert f"make {target}" in (ROOT / "README.md").read_text()


def test_every_rule_of_the_sync_names_tests_that_there_are():
    rules: dict[int, list[int]] = {}
    code = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    for line in (DOCS / "sync.md").read_text().splitlines():
        row = re.fullmatch(r"\| ([0-9]+)\.([0-9]+) \| [^|]+ \| ([^|]+) \|", line)
        if row is None:
            assert not re.match(r"\| [0-9]", line), line
            continue
        rules.setdefault(int(row[1]), []).append(int(row[2]))
        named = re.findall(r"`(test_\w+)`", row[3])
        assert named or row[3] == "not built yet", line
        assert [name for name in named if f"def {name}(" not in code] == []
    assert list(rules) == list(range(1, 15))
    for numbers in rules.values():
        assert numbers == list(range(1, len(numbers) + 1))


def test_every_fault_of_a_sync_names_its_tests_and_every_test_of_one_is_named():
    rows = re.findall(
        r"^\| F([0-9]+) (?:\| [^|]+ ){3}\| ([^|]+) \|$", _read("faults.md"), re.MULTILINE
    )
    assert [int(number) for number, _ in rows] == list(range(1, 64))
    code = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set()
    for number, cell in rows:
        tests = re.findall(r"`(test_\w+)`", cell)
        assert tests or cell.startswith("no test: "), number
        assert [name for name in tests if f"def {name}(" not in code] == []
        named |= set(tests)
    folder = ROOT / "tests" / "services" / "sync" / "faults"
    made = {
        name
        for path in folder.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert made
    assert made <= named


def test_everything_that_pages_keep_names_tests_that_there_are():
    code = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    rows = re.findall(
        r"^\| ([A-J][0-9].*?) \| [^|]+ \| ([^|]+) \|$", _read("pages.md"), re.MULTILINE
    )
    assert rows
    for label, held in rows:
        named = re.findall(r"`(test_\w+)`", held)
        assert named, label
        assert [name for name in named if f"def {name}(" not in code] == []


def test_every_decision_is_one_of_a_rule():
    rules = (DOCS / "sync.md").read_text()
    decisions = re.findall(r"^def (test_\w+)", _read_test("test_decide.py"), re.MULTILINE)
    assert decisions
    assert [name for name in decisions if f"`{name}`" not in rules] == []


def _read(name: str) -> str:
    return (DOCS / name).read_text()


def _read_code() -> list[tuple[Path, str]]:
    folders = ("calsync", "tests", "bench")
    return [(path, path.read_text()) for each in folders for path in (ROOT / each).rglob("*.py")]


def _read_test(name: str) -> str:
    return (ROOT / "tests" / "core" / name).read_text()


def test_every_invariant_names_what_holds_it():
    rows = re.findall(
        r"^\| I([0-9]+) \| [^|]+ \| `(\w+)` \|$", (DOCS / "simulation.md").read_text(), re.MULTILINE
    )
    code = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    assert [name for _, name in rows if f"def {name}(" not in code] == []
    assert {int(number) for number, _ in rows} == set(range(1, 26))
    judges = {judge.__name__ for judge in (*AT_THE_END, *ON_THE_WAY)}
    assert judges <= {name for _, name in rows}


def test_what_nobody_can_decide_is_listed():
    listed = re.findall(r"^- (.+)$", _read("simulation.md"), re.MULTILINE)
    assert [limit.value for limit in Limit] == listed
