#!/usr/bin/env bash
# All checks that need no build. Exits with 1 if one fails; each writes one line when it is content.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

full=${1:-}
failed=0
check() {
  local name=$1
  shift
  if output=$("$@" 2>&1); then
    echo "lint: $name: ok${output:+ ($output)}"
  else
    printf 'lint: %s: FAILED\n%s\n' "$name" "$output"
    failed=1
  fi
}

check_format() {
  local wrong
  wrong=$(git ls-files -co --exclude-standard -z '*.h' '*.cpp' | xargs -0 -r -P "$(nproc)" -I{} sh -c '[ ! -f {} ] || clang-format-14 {} | cmp -s {} - || echo {}' | sort)
  [ -z "$wrong" ] || { printf '%s\n' "$wrong" "not as clang-format-14 lays them out; ./run format mends it"; return 1; }
}

check_scripts() {
  local file status=0
  for file in run .ci/run $(git ls-files -co --exclude-standard '*.sh'); do
    bash -n "$file" || status=1
  done
  return $status
}

# Sources that differ from what was last pushed, or from the last commit where there is no remote.
changed_sources() {
  git diff --name-only --diff-filter=d "$(git merge-base HEAD origin/main 2>/dev/null || echo HEAD)" -- '*.cpp'
  git ls-files -o --exclude-standard -- '*.cpp'
}

check_tidy() {
  local files
  files=$(changed_sources)
  [ -z "$files" ] || clang-tidy-14 --quiet -p build $files
}

check layers python3 tools/check_layers.py
check sizes python3 tools/check_sizes.py
check headers python3 tools/check_headers.py ${full:+--torch}
check text python3 tools/check_text.py
check scripts check_scripts
check format check_format
if [ "$full" = --full ]; then check clang-tidy check_tidy; fi
exit $failed
