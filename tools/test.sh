#!/usr/bin/env bash
# Everything that CI checks, step by step; goes on after a failure and sums up in the last line: "N passed, N failed, N skipped".
# With a filter: only what matches it (see ./run help).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=${RECHUB_JOBS:-$(nproc)}
results=build/results
mkdir -p $results
rm -f $results/*.xml $results/*.step
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}  # test programs run side by side: threads that wait should not spin
SECONDS=0

# step NAME COMMAND...: runs it and notes how it ended; tools/test_summary.py counts a step without a report of its own as one test.
step() {
  local name=$1 began=$SECONDS status=0
  shift
  printf '\n== %s\n' "$name"
  "$@" || status=$?
  echo "$status" >"$results/$name.step"
  printf '== %s: %s after %s s\n' "$name" "$([ $status = 0 ] && echo done || echo "FAILED ($status)")" $((SECONDS - began))
  return $status
}

finish() {
  printf '\nAll steps took %s s.\n' "$SECONDS"
  exec .venv/bin/python tools/test_summary.py $results
}

# ctests NAME PRESET [CTEST ARGUMENTS]: reports to build/results/NAME.xml.
ctests() {
  local name=$1 preset=$2
  shift 2
  step "$name" ctest --preset "$preset" -j "$jobs" --test-output-size-passed 1000000 --test-output-size-failed 1000000 --output-junit "$PWD/$results/$name.xml" "$@"
}

# tests/rectools compares with a package that needs an environment of its own.
pytests() {
  step pytest .venv/bin/python -m pytest -q -p no:cacheprovider -n "$jobs" --dist loadfile --junitxml "$results/pytest.xml" tests --ignore tests/rectools "$@"
  step rectools .venv/rectools/bin/python -m pytest -q -p no:cacheprovider --junitxml "$results/rectools.xml" tests/rectools "$@"
}

# The levels of kernels below the best one; the plain run has the best.
lesser_isa_levels() {
  echo reference
  if grep -qw avx512f /proc/cpuinfo; then echo avx2; fi
}

# consumer_of CMAKE_ARGUMENT: the project in examples/consumer finds the library there.
consumer_of() {
  rm -rf build/consumer
  cmake -S examples/consumer -B build/consumer -G Ninja -Wno-dev -DCMAKE_BUILD_TYPE=Release "$1" >/dev/null &&
    cmake --build build/consumer -j "$jobs" &&
    ctest --test-dir build/consumer --output-on-failure
}

consumer() {
  rm -rf build/install
  cmake --install build --prefix build/install >/dev/null &&
    build/install/bin/rechub --version &&
    consumer_of -DCMAKE_PREFIX_PATH="$PWD/build/install"
}

# What `pip install .` gives, in an environment of its own. The wheel is made of what is built already; the next ./run build forgets that it was (build() in run).
wheel() {
  local environment=build/wheel-env
  rm -rf build/wheels $environment
  .venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps -w build/wheels -C build-dir=build -C cmake.define.RECHUB_TESTS=ON \
    -C cmake.define.RECHUB_BENCH=ON . &&
    .venv/bin/python -m venv $environment &&
    $environment/bin/python -m pip install --quiet --disable-pip-version-check ${RECHUB_TORCH_INDEX:+--index-url "$RECHUB_TORCH_INDEX"} -r requirements/torch.txt &&
    $environment/bin/python -m pip install --quiet --disable-pip-version-check -c requirements/constraints.txt build/wheels/rechub-*.whl pandas==2.3.3 &&
    $environment/bin/rechub --version &&
    (cd / && "$OLDPWD/$environment/bin/python" "$OLDPWD/tests/package/installed.py") &&
    consumer_of -Drechub_DIR="$($environment/bin/rechub --cmake-dir)"
}

test_everything() {
  step lint tools/lint.sh
  step build ./run build release || finish
  ctests ctest release
  for isa in $(lesser_isa_levels); do
    RECHUB_ISA=$isa ctests "ctest-$isa" release -R '^(kernels|ops|index)$'
  done
  pytests
  step consumer consumer
  step wheel wheel
  step build-asan ./run build asan && ctests asan asan
  finish
}

# A folder's name builds and runs that folder's test program only; anything else is looked for in the names of all tests.
test_matching() {
  local filter=$1
  if [ -f "rechub/$filter/CMakeLists.txt" ]; then
    step build ./run build release --target "${filter}_test" && ctests ctest release -R "^${filter}(_|\$)"
  else
    step build ./run build release || finish
    GTEST_FILTER="*$filter*" ctests ctest release
    pytests -k "$filter"
  fi
  finish
}

if [ $# -gt 0 ]; then test_matching "$1"; else test_everything; fi
