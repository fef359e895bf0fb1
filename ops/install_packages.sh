#!/usr/bin/env bash
# Installs Debian packages without starting the services they bring. Called by ops/setup.sh, as root.
set -euo pipefail

readonly policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  # Debian asks this file whether a package may start its service; 101 is "no". Ours only while we install.
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=300 update
apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends --no-upgrade "$@"

# Nor at the next boot: what was not on this machine before is not needed as a service.
if [[ -d /run/systemd/system ]]; then
  for package in "$@"; do
    case $package in
      postgresql-15) systemctl disable postgresql.service ;;
      mosquitto) systemctl disable mosquitto.service ;;
    esac
  done
fi
