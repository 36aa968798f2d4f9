"""The checks of tools/ find what they are there for, and the summary counts what the test programs report."""

import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture
def repository(tmp_path):
    """An empty repository with our tools in it; returns a function that writes a file."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "-q", tmp_path], check=True)

    def write(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return tmp_path

    return write


def run_tool(root, name, *arguments):
    done = subprocess.run([sys.executable, root / "tools" / name, *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    "path, line, complaint",
    [
        ("rechub/data/a.h", '#include "rechub/models/model.h"', "may not include"),
        ("rechub/index/a.cpp", "#include <ATen/ATen.h>", "free of LibTorch"),
        ("rechub/ops/a.h", "#include <torch/torch.h>", "18 s"),
        ("rechub/extras/a.h", "", "not one of the known ones"),
    ],
)
def test_layers_are_kept(repository, path, line, complaint):
    code, output = run_tool(repository(path, line + "\n"), "check_layers.py")
    assert code == 1 and complaint in output and path in output


def test_includes_downwards_are_fine(repository):
    repository("rechub/models/a.cpp", '#include <ATen/ATen.h>\n#include "rechub/data/batch.h"\n')
    code, output = run_tool(repository("rechub/data/batch.h", '#include "rechub/base/error.h"\n'), "check_layers.py")
    assert (code, output) == (0, "")


@pytest.mark.parametrize(
    "path, text, complaint",
    [
        ("rechub/base/long.h", "\n" * 401, "401 lines"),
        ("rechub/base/string_utils.h", "", "'util' says nothing"),
        ("rechub/base/orphan.cpp", "", "no CMakeLists.txt builds it"),
    ],
)
def test_sizes_and_names_are_kept(repository, path, text, complaint):
    repository("rechub/base/CMakeLists.txt", "rechub_library(base SOURCES not_orphan.cpp)\n")
    code, output = run_tool(repository(path, text), "check_sizes.py")
    assert code == 1 and complaint in output


@pytest.mark.parametrize("text", ["/" + "root/data", "/" + "work/main", "py" + "pi.org", "TO" + "DO: later", "x" * 181])
def test_text_is_kept(repository, text):
    code, output = run_tool(repository("rechub/base/a.h", f"// {text}\n"), "check_text.py")
    assert code == 1 and "rechub/base/a.h:1" in output


def test_a_header_that_lacks_an_include_is_found(repository):
    repository("rechub/base/good.h", "#pragma once\n#include <string>\nstd::string good();\n")
    code, output = run_tool(repository("rechub/base/bad.h", "#pragma once\nstd::string bad();\n"), "check_headers.py")
    assert code == 1 and "rechub/base/bad.h does not compile alone" in output and "good.h" not in output


GTEST = "[==========] Running 5 tests.\n[  PASSED  ] 3 tests.\n[  SKIPPED ] 1 test, listed below:\n[  FAILED  ] 1 test, listed below:\n"
CTEST = """<testsuite>
<testcase name="data" status="fail"><failure message=""/><system-out>{output}</system-out></testcase>
<testcase name="crashed" status="fail"><failure message=""/><system-out>[==========] Running 2 tests.</system-out></testcase>
<testcase name="missing" status="notrun"><skipped message="Unable to find executable"/><system-out>Unable to find executable: x</system-out></testcase>
<testcase name="kernels_avx512" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase>
</testsuite>"""
PYTEST = '<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure/></testcase><testcase name="c"><skipped/></testcase></testsuite></testsuites>'


@pytest.mark.parametrize(
    "files, last_line, exit_code",
    [
        ({"ctest.step": "8", "ctest.xml": CTEST.format(output=GTEST)}, "3 passed, 3 failed, 2 skipped", 1),
        ({"pytest.step": "1", "pytest.xml": PYTEST}, "1 passed, 1 failed, 1 skipped", 1),
        ({"lint.step": "0", "build.step": "0"}, "2 passed, 0 failed, 0 skipped", 0),
        ({"lint.step": "0", "build.step": "1"}, "1 passed, 1 failed, 0 skipped", 1),
        ({"ctest.step": "3", "ctest.xml": "<testsuite><testcase name='a' status='run'/></testsuite>"}, "1 passed, 1 failed, 0 skipped", 1),
        ({"pytest.step": "5", "pytest.xml": "<testsuites/>"}, "0 passed, 0 failed, 0 skipped", 1),
    ],
)
def test_summary(tmp_path, files, last_line, exit_code):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    code, output = run_tool(ROOT, "test_summary.py", tmp_path)
    assert (code, output.splitlines()[-1]) == (exit_code, last_line)


def test_summary_says_why_a_test_was_skipped(tmp_path):
    skip = "[ RUN      ] Crash.One\nf.cpp:1: Skipped\nno shim here\n[  SKIPPED ] Crash.One (0 ms)\n"
    gtest = f"[==========] Running 2 tests.\n{skip}[  PASSED  ] 1 test.\n[  SKIPPED ] 1 test, listed below:\n"
    (tmp_path / "asan.step").write_text("0")
    (tmp_path / "asan.xml").write_text(f'<testsuite><testcase name="serve" status="run"><system-out>{gtest}</system-out></testcase></testsuite>')
    (tmp_path / "pytest.step").write_text("0")
    (tmp_path / "pytest.xml").write_text('<testsuites><testsuite><testcase name="test_page"><skipped message="no Chromium"/></testcase></testsuite></testsuites>')
    code, output = run_tool(ROOT, "test_summary.py", tmp_path)
    assert output.splitlines() == ["skipped: asan: Crash.One: no shim here", "skipped: pytest: test_page: no Chromium", "1 passed, 0 failed, 2 skipped"] and code == 0


@pytest.mark.parametrize("page, module", [("quality.md", "quality"), ("speed.md", "run_benchmark")])
def test_measured_pages_are_what_the_stored_results_say(page, module):
    """Written figures come from bench/results/ and nowhere else."""
    sys.path.insert(0, str(ROOT / "bench"))
    assert (ROOT / "docs" / page).read_text() == __import__(module).table()


def test_quality_rows_have_their_settings():
    sys.path.insert(0, str(ROOT / "bench"))
    quality = __import__("quality")
    assert [name for name, row in quality.ROWS.items() if not row.config.exists()] == []
    assert {path.relative_to(ROOT / "configs").with_suffix("").as_posix() for path in (ROOT / "configs").rglob("*.toml")} == set(quality.ROWS)
