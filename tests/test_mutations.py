"""Every patch of tests/mutations still applies and was found, and the runner takes nothing for found that was not."""

import importlib.util
import json
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests/mutations"
SPEC = importlib.util.spec_from_file_location("mutations", FOLDER / "run.py")
MUTATIONS = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MUTATIONS)


@pytest.mark.parametrize("name", [path.stem for path in sorted(FOLDER.glob("*.patch"))])
def test_a_patch_applies_and_has_its_row(name):
    done = subprocess.run(["git", "apply", "--check", FOLDER / f"{name}.patch"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stderr}Lay the patch on the sources as they are now, and run tests/mutations/run.py {name}"
    patch = MUTATIONS.read_patch(FOLDER / f"{name}.patch")
    results = {result["name"]: result for result in json.loads((FOLDER / "results.json").read_text())}
    assert results[name]["verdict"] == "red"
    assert results[name]["checksum"] == patch["checksum"], f"the patch has changed since it was run: tests/mutations/run.py {name}"


def test_the_page_is_that_of_the_results():
    results = json.loads((FOLDER / "results.json").read_text())
    assert [result["name"] for result in results] == [patch["name"] for patch in MUTATIONS.patches()]
    assert (FOLDER / "README.md").read_text() == MUTATIONS.page(results)


PROGRAM = """#!/bin/sh
echo '[ RUN      ] A.B'
grep -q silent value.txt && exit 1
grep -q 1 value.txt && exit 0
echo '[  FAILED  ] A.B (0 ms)'
exit 1
"""


# A checkout whose build fails where value.txt says so, and a program that fails where its number is wrong.
@pytest.fixture
def tree(tmp_path):
    (tmp_path / "run").write_text("#!/bin/sh\nexec ninja -C build all\n")
    (tmp_path / "program").write_text(PROGRAM)
    (tmp_path / "build").mkdir()
    (tmp_path / "build/build.ninja").write_text("rule check\n  command = ! grep broken ../value.txt\nbuild all: check\n")
    for program in ("run", "program"):
        (tmp_path / program).chmod(0o755)
    (tmp_path / "value.txt").write_text("1\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("old, new, verdict, detail", [
    ("1", "2", "red", ["A.B"]),
    ("1", "1 silent", "red", ["A.B (died)"]),
    ("1", "11", "green", ""),
    ("1", "broken", "does not build", None),
    ("3", "2", "does not apply", None),
])
def test_only_a_test_that_fails_is_red(tree, old, new, verdict, detail):
    header = "Defect: d\nBuild: all\nTest: ./program\n\n"
    (tree / "p.patch").write_text(f"{header}--- a/value.txt\n+++ b/value.txt\n@@ -1 +1 @@\n-{old}\n+{new}\n")
    patch = MUTATIONS.read_patch(tree / "p.patch")
    MUTATIONS.check_untouched(tree, [patch])
    found = MUTATIONS.try_patch(tree, patch, tree)
    assert found[0] == verdict
    assert detail is None or found[1] == detail
    assert (tree / "value.txt").read_text() == "1\n"


def test_a_command_that_fails_without_a_patch_is_no_measure(tree):
    (tree / "value.txt").write_text("2\n")
    with pytest.raises(SystemExit, match="fails without a patch"):
        MUTATIONS.check_untouched(tree, [{"test": "./program", "build": "all"}])


@pytest.mark.parametrize("output, names", [
    ("[  FAILED  ] A.B (3 ms)\n[  FAILED  ] C.D/x, where GetParam() = (1, true) (0 ms)\n[  FAILED  ] 2 tests, listed below:\n[  FAILED  ] A.B\n", ["A.B", "C.D/x"]),
    ("FAILED tests/test_a.py::test_b[c-{\"d\": 1}] - AssertionError: e\nFAILED tests/test_a.py::test_f\n", ["test_b[c-{\"d\": 1}]", "test_f"]),
    ("[ RUN      ] A.B\nSegmentation fault\n", ["A.B (died)"]),
    ("g++: error\n", []),
])
def test_failures_are_named(output, names):
    assert MUTATIONS.failures(output) == names
