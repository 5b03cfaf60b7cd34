#!/usr/bin/env bash
# A newcomer's first run: clone HEAD into an empty folder, set up, start, post an alert, see its
# ticket, stop, start again and find it. Prints the seconds of each step. Usage: tests/clean_clone.sh
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d "${TMPDIR:-/tmp}/tierline-clone.XXXXXX")
chmod 755 "$folder"
export TIERLINE_HOME="$folder/home" PYTHON="${PYTHON:-python3}"
up_pid=""
WAIT_SECONDS=120

finish() {
  if [ -n "$up_pid" ] && kill -0 "$up_pid" 2>/dev/null; then
    kill -TERM "$up_pid" && wait "$up_pid" || true
  fi
  rm -rf "$folder"
}
trap finish EXIT

began=$SECONDS
step() { # step WORDS: says how long the step that ends here took
  printf '%4d s  %s\n' "$((SECONDS - began))" "$1"
  began=$SECONDS
}

wait_for() { # wait_for WORDS COMMAND...: until the command succeeds, within WAIT_SECONDS
  local words=$1 until=$((SECONDS + WAIT_SECONDS))
  shift
  until "$@"; do
    if [ "$SECONDS" -ge "$until" ]; then
      echo "not within $WAIT_SECONDS s: $words" >&2
      tail -n 30 "$folder/up.log" >&2 || true
      exit 1
    fi
    sleep 0.2
  done
}

is_up() {
  kill -0 "$up_pid" 2>/dev/null || { echo "tierline up has ended:" >&2; cat "$folder/up.log" >&2; exit 1; }
  grep -q '"ready": true' "$folder/up.json"
}

start() {
  : >"$folder/up.json"
  .venv/bin/tierline up --json --ports auto >"$folder/up.json" 2>>"$folder/up.log" &
  up_pid=$!
  wait_for "the stack is up" is_up
}

stop() {
  kill -INT "$up_pid"
  wait "$up_pid"
  up_pid=""
}

said() { # said PYTHON_EXPRESSION: of what `up --json` printed, as d
  .venv/bin/python -c "import json, sys; d = json.load(open(sys.argv[1])); print($1)" "$folder/up.json"
}

listed() { .venv/bin/tierline tickets list | grep -q "Disk almost full on web01"; }

git clone --quiet "$here" "$folder/tierline"
cd "$folder/tierline"
step "clone"
make --no-print-directory setup
step "make setup"
set -m # so that the stack, started in the background, may be interrupted as by Ctrl-C
start
step "up, every service ready"
curl -sf "$(said 'd["urls"]["intake"]')/v1/alerts" -H "Authorization: Bearer $(said 'd["integration_keys"]["api"]')" \
  -H 'Content-Type: application/json' \
  -d '{"dedup_key": "disk-web01", "title": "Disk almost full on web01", "client": "Harbour Dental"}'
echo
wait_for "the alert has its ticket" listed
step "an alert posted, its ticket listed"
stop
step "stopped"
start
wait_for "the ticket is still there" listed
step "up again, the ticket still there"
stop
step "stopped"
echo "clean clone: ok, $SECONDS s in all"
