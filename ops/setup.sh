#!/usr/bin/env bash
# Makes a fresh Debian 12 ready for the platform; quick, and without network, where nothing is missing.
#
#   ops/setup.sh          what `make run` needs
#   ops/setup.sh --test   also what `make test` needs: development packages, Chromium, poppler
#
# Debian packages are the only thing installed outside this directory (var/, .venv/, node_modules/,
# server/static/vendor/). Their services are not started: the platform runs servers of its own below var/.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
readonly root=$PWD

# fonts-noto-cjk: documents are written as PDF with its fonts embedded
runtime_packages=(postgresql-15 postgresql-15-postgis-3 postgresql-15-postgis-3-scripts mosquitto fonts-noto-cjk)
test_packages=(mosquitto-clients chromium poppler-utils libatomic1) # poppler reads PDFs back; the last: Playwright's driver

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

with_tests=no
case "${1-}" in
  "") ;;
  --test) with_tests=yes ;;
  *) die "unknown argument '$1' (known: --test)" ;;
esac

# Caches stay inside, so that an empty or missing home directory does not matter and none is written to.
mkdir -p var/cache
export PIP_CACHE_DIR="${PIP_CACHE_DIR:-$root/var/cache/pip}" npm_config_cache="${npm_config_cache:-$root/var/cache/npm}"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1 npm_config_update_notifier=false
[[ -n "${HOME-}" ]] || export HOME="$root/var/cache"
unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX PIP_USER

# One set-up at a time: `make run` and `make test` may be started together.
exec 9>var/setup.lock
flock --nonblock 9 || { say "waiting for another set-up of this clone"; flock 9; }

is_installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

is_python() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; }

find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3.11 /usr/bin/python3.11 python3; do
    if is_python "$candidate"; then
      printf '%s' "$candidate"
      return
    fi
  done
  return 1
}

is_node() { node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' >/dev/null 2>&1 && npm --version >/dev/null 2>&1; }

needed_packages() {
  local package
  if command -v dpkg-query >/dev/null; then
    for package in "${runtime_packages[@]}"; do is_installed "$package" || echo "$package"; done
    if [[ $with_tests == yes ]]; then
      for package in "${test_packages[@]}"; do is_installed "$package" || echo "$package"; done
    fi
  fi
  [[ -x .venv/bin/python ]] || find_python >/dev/null || echo python3-venv
  is_node || printf '%s\n' nodejs npm
}

install_packages() {
  local -a missing
  mapfile -t missing < <(needed_packages)
  ((${#missing[@]})) || return 0
  local -a become=()
  local by_hand="apt-get install --no-install-recommends ${missing[*]}"
  command -v apt-get >/dev/null || die "missing: ${missing[*]}. This is no Debian: install PostgreSQL 15 with PostGIS 3," \
    "mosquitto 2, Python 3.11 with venv and Node.js 18 or newer by hand, then run this again."
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "missing Debian packages, and neither root nor sudo here. As root: $by_hand"
    become=(sudo)
  fi
  say "installing Debian packages: ${missing[*]}"
  "${become[@]}" bash ops/install_packages.sh "${missing[@]}" >var/cache/apt.log 2>&1 || {
    tail -n 15 var/cache/apt.log >&2
    die "apt-get failed (all of it: var/cache/apt.log). By hand, as root: $by_hand"
  }
}

# A stamp holds what its step was made from; the step is done again when that differs.
stamp() { { printf '%s\n' "$root" "$1"; shift; cat -- "$@"; } | sha256sum | cut -d ' ' -f 1; }
is_stamped() { [[ -f $1 && $(<"$1") == "$2" ]]; }

# The lock names every package, those that others ask for too: nothing is left to be resolved. Without --no-deps an
# older pip looks for the newest release of a package with extras, and refuses it for want of a hash.
install_locked() {
  say "installing the Python packages of $1"
  .venv/bin/python -m pip install --no-deps --require-hashes --only-binary :all: --requirement "$1" \
    >var/cache/pip.log 2>&1 || {
    tail -n 15 var/cache/pip.log >&2
    die "pip failed on $1 (all of it: var/cache/pip.log): is the network there? Repeat with: make setup"
  }
}

make_environment() {
  local python version runtime development
  python=$(find_python) || python=
  [[ -n $python || -x .venv/bin/python ]] || die "no Python 3.11 with venv found; name one: PYTHON=/path/to/python3.11"
  version=3.11
  runtime=$(stamp "$version" requirements.txt)
  development=$(stamp "$version" requirements.txt requirements-dev.txt)
  if ! is_stamped .venv/runtime.lock "$runtime" || ! .venv/bin/python -c '' 2>/dev/null; then
    [[ -n $python ]] || die "no Python 3.11 with venv found; name one: PYTHON=/path/to/python3.11"
    say "making .venv with $python"
    rm -rf .venv
    "$python" -m venv .venv
    install_locked requirements.txt
    printf '%s\n' "$runtime" >.venv/runtime.lock
  fi
  if [[ $with_tests == yes ]] && ! is_stamped .venv/development.lock "$development"; then
    install_locked requirements-dev.txt
    printf '%s\n' "$development" >.venv/development.lock
  fi
}

make_vendor() {
  local wanted target source vendor=server/static/vendor
  wanted=$(stamp vendor package.json package-lock.json ops/vendor.sh)
  if is_stamped "$vendor/lock" "$wanted"; then return; fi
  say "installing the browser libraries"
  npm ci --ignore-scripts --no-audit --no-fund --omit=dev --loglevel=error >var/cache/npm.log 2>&1 || {
    tail -n 15 var/cache/npm.log >&2
    die "npm failed (all of it: var/cache/npm.log): is the network there? Repeat with: make setup"
  }
  bash ops/vendor.sh
  printf '%s\n' "$wanted" >"$vendor/lock"
}

compile_translations() {
  local po
  while IFS= read -r po; do
    if [[ ! ${po%.po}.mo -nt $po ]]; then
      .venv/bin/python -m babel.messages.frontend --quiet compile --input-file "$po" --output-file "${po%.po}.mo"
    fi
  done < <(find server/translations -name '*.po' 2>/dev/null)
}

install_packages
make_environment
make_vendor
compile_translations
flock --unlock 9 # a subshell that has not quite ended would hold it a moment longer
