#!/bin/sh
# Runs the broker of compose.yaml and has it read its accounts again when their file changes.
set -u
files=${BROKER_FILES:-/mosquitto/config/generated}

mosquitto -c "$files/mosquitto.conf" &
broker=$!
trap 'kill -TERM "$broker"' TERM INT

seen=$(stat -c '%i %Y' "$files/accounts")
while kill -0 "$broker" 2>/dev/null; do
  sleep 2 &
  wait $!
  now=$(stat -c '%i %Y' "$files/accounts")
  if [ "$now" != "$seen" ]; then
    seen=$now
    kill -HUP "$broker" 2>/dev/null
  fi
done
wait "$broker"
