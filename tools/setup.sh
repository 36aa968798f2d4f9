#!/usr/bin/env bash
# Installs what RecHub is built with: Debian packages (requirements/apt.txt) and pinned wheels in .venv. Does nothing when all is there.
# `setup.sh demo` leaves out .venv/rectools; `setup.sh rivals` adds .venv/rivals, which `./run bench index` and `./run bench torch_rechub` need.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

listed() { sed -e 's/#.*//' -e '/^\s*$/d' "$1"; }

missing_packages() {
  local name
  for name in $(listed requirements/apt.txt); do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
  done
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian system: please install the equivalents of $(listed requirements/apt.txt | tr '\n' ' ')" >&2
    return
  fi
  local missing
  missing=$(missing_packages | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  local install="apt-get update && apt-get install -y --no-install-recommends $missing"
  echo "Installing Debian packages: $missing"
  if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive bash -c "$install" >&2
  elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    sudo DEBIAN_FRONTEND=noninteractive bash -c "$install" >&2
  else
    printf 'Some Debian packages are missing and this user may not install them. As root, run\n\n  %s\n\nand then this command again.\n' "$install" >&2
    exit 1
  fi
}

# A Python that can make an environment: $PYTHON, python3, or Debian's own.
find_python() {
  local candidate
  for candidate in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "No Python 3.10 or newer with venv was found: install python3-venv, or set PYTHON to one." >&2
  exit 1
}

# An environment that has pip, made anew where it is absent or broken.
make_environment() {
  "$1/bin/python" -m pip --version >/dev/null 2>&1 && return
  rm -rf "$1"
  "$(find_python)" -m venv "$1"
}

# install_wheels ENVIRONMENT FILE...: once; a stamp holds a hash of the files that ask for them. A file that says "# alone" is installed without what its packages depend on.
install_wheels() {
  local environment=$1 file hash
  shift
  local stamp=$environment/$(basename "$1" .txt).stamp
  hash=$(cat "$@" requirements/constraints.txt | sha256sum)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$hash" ]; then return; fi
  make_environment "$environment"
  echo "Installing Python packages ($*) into $environment"
  for file in "$@"; do
    local index=()
    if [ "$file" = requirements/torch.txt ] && [ -n "${RECHUB_TORCH_INDEX:-}" ]; then index=(--index-url "$RECHUB_TORCH_INDEX"); fi
    if grep -qx "# alone" "$file"; then index+=(--no-deps); fi
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check -c requirements/constraints.txt "${index[@]}" -r "$file"
  done
  echo "$hash" >"$stamp"
}

# Annoy is two headers in a source archive: they are unpacked into .venv/annoy.
fetch_annoy() {
  local target=.venv/annoy archive
  if [ -f "$target/annoylib.h" ] && cmp -s requirements/annoy.txt "$target/annoy.txt"; then return; fi
  echo "Fetching Annoy's headers into $target"
  rm -rf "$target" && mkdir -p "$target"
  .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: -r requirements/annoy.txt -d "$target"
  archive=$(ls "$target"/annoy-*.tar.gz)
  tar -xzf "$archive" -C "$target" --strip-components=2 --wildcards '*/src/annoylib.h' '*/src/kissrandom.h'
  rm "$archive" && cp requirements/annoy.txt "$target"
}

install_packages
make_environment .venv
install_wheels .venv requirements/torch.txt requirements/build.txt requirements/test.txt requirements/recbole.txt requirements/postgres.txt requirements/demo.txt
[ "${1:-}" = demo ] || install_wheels .venv/rectools requirements/rectools.txt
fetch_annoy
[ "${1:-}" != rivals ] || install_wheels .venv/rivals requirements/torch.txt requirements/rivals.txt
