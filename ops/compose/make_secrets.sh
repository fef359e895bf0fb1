#!/usr/bin/env bash
# Makes the secrets that compose.yaml reads, each once; existing ones are kept. Default place: ./secrets/
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
readonly target=${1:-secrets}

# The directory is closed; the files must be readable for the accounts inside the containers, which are others.
mkdir -p "$target"
chmod 700 "$target"

random() { head -c 24 /dev/urandom | base64 | tr '+/' 'xy'; }

keep() {
  if [[ ! -e $target/$1 ]]; then
    printf '%s\n' "$2" >"$target/$1"
    chmod 444 "$target/$1"
    printf 'made %s\n' "$target/$1"
  fi
}

keep database_admin_password "$(random)"
keep database_url "postgresql://platform:$(random)@db:5432/platform"
keep mqtt_url "mqtt://ingest:$(random)@broker:1883"
keep mqtt_gateway_password "$(random)"
keep secret_key "$(random)"
