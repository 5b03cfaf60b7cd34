#!/usr/bin/env bash
# `make compose-up`: secrets at the first run, then everything built, started and ready.
set -euo pipefail
cd "$(dirname "$0")"

if [ ! -e .env ]; then
  umask 077
  random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
  sed -e "s/^TIERLINE_SECRET=$/TIERLINE_SECRET=$(random)/" \
    -e "s/^POSTGRES_PASSWORD=$/POSTGRES_PASSWORD=$(random)/" .env.example > .env
  echo "made deploy/compose/.env with random secrets; keep it"
fi
[ "${TIERLINE_BUILD:-1}" = 0 ] || docker compose build
started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
# A service that has been without Kafka or PostgreSQL is unhealthy until its next look at them, and
# compose gives up at the first unhealthy one: so a few tries.
tries=3
until docker compose up --detach --wait --wait-timeout "${WAIT_SECONDS:-300}"; do
  [ $((tries -= 1)) -gt 0 ] || { echo "not ready: docker compose -f deploy/compose/compose.yaml ps --all" >&2; exit 1; }
  sleep 6
done

value() { sed -n "s/^$1=//p" .env | tail -n 1; }
echo
docker compose logs --no-log-prefix --no-color --since "$started" loaded | grep -v '^warning:' || true
cat <<EOF

console   $(value CONSOLE_URL)
alerts    http://$(value BIND):$(value INTAKE_PORT)/v1/alerts
API       http://$(value BIND):$(value ROUTER_PORT)/docs
mail      $(value NOTIFIER_URL)/mail   (caught here; nothing leaves this server)

Try it, with the key of a source from the list above:
  curl -s http://$(value BIND):$(value INTAKE_PORT)/v1/alerts -H "Authorization: Bearer KEY" \\
    -H 'Content-Type: application/json' -d '{"dedup_key": "mail-slow",
    "title": "Mail is slow for everybody", "severity": "error", "client": "Harbour Dental"}'
With the token from that list:
  docker compose -f deploy/compose/compose.yaml run --rm -e TIERLINE_TOKEN=TOKEN cli tickets list
Stop it with \`make compose-down\`; the data stays in its volumes.
EOF
