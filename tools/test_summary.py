"""Sums up what tools/test.sh ran, from the files in one folder: NAME.step (exit code of a step) and NAME.xml (JUnit report of ctest or pytest, where the step has one).

Prints what failed, what was skipped and why, and, last, the line that CI reads: "N passed, N failed, N skipped". The exit code is 1 if anything failed or nothing ran.
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

Counts = collections.namedtuple("Counts", "passed failed skipped")
GTEST = {
    "passed": re.compile(r"\[  PASSED  \] (\d+) test"),
    "failed": re.compile(r"\[  FAILED  \] (\d+) test"),
    "skipped": re.compile(r"\[  SKIPPED \] (\d+) test"),
}

GTEST_SKIP = re.compile(r": Skipped\n(.*?)\n+\[  SKIPPED \] (\S+) \(", re.DOTALL)


def add(a, b):
    return Counts(*map(sum, zip(a, b)))


def case_counts(case):
    """One <testcase>: a pytest test, or a program run by ctest whose output, if it is GoogleTest's, counts its own tests."""
    failed = case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail"
    skipped = case.find("skipped")
    if skipped is not None:
        # What ctest could not start it calls skipped, too.
        could_not_start = case.get("status") == "notrun" and not skipped.get("message", "").startswith("SKIP_")
        return Counts(0, 1, 0) if could_not_start else Counts(0, 0, 1)
    output = case.findtext("system-out") or ""
    inner = Counts(*(sum(int(number) for number in GTEST[kind].findall(output)[:1]) for kind in Counts._fields))
    if "[==========]" not in output:
        return Counts(0, 1, 0) if failed else Counts(1, 0, 0)
    # A program that died, or failed outside its tests, counts as one failure.
    return inner._replace(failed=max(inner.failed, 1)) if failed else inner


def skips(case):
    """(name, reason) of what a <testcase> skipped: itself, or tests of its program."""
    skipped = case.find("skipped")
    if skipped is not None:
        yield case.get("name"), skipped.get("message", "")
    for reason, name in GTEST_SKIP.findall(case.findtext("system-out") or ""):
        yield name, reason


def report_counts(path):
    total, failures = Counts(0, 0, 0), []
    for case in ElementTree.parse(path).iter("testcase"):
        counts = case_counts(case)
        total = add(total, counts)
        if counts.failed:
            failures.append(f"{path.stem}: {case.get('name')}")
        elif counts.skipped:
            for name, reason in skips(case):
                print(f"skipped: {path.stem}: {name}: {reason}")
    return total, failures


def step_counts(step):
    status = int(step.read_text())
    report = step.with_suffix(".xml")
    if not report.exists():
        return (Counts(0, 1, 0), [step.stem]) if status else (Counts(1, 0, 0), [])
    total, failures = report_counts(report)
    # pytest ends with 5 and ctest with 0 where a filter matches nothing; any other failure that the report does not show is one more.
    if status not in (0, 5) and total.failed == 0:
        return add(total, Counts(0, 1, 0)), [f"{step.stem}: ended with {status}"]
    return total, failures


def main():
    total, failures = Counts(0, 0, 0), []
    for step in sorted(pathlib.Path(sys.argv[1]).glob("*.step")):
        counts, names = step_counts(step)
        total = add(total, counts)
        failures += names
    for name in failures:
        print(f"failed: {name}")
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
