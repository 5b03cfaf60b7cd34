#!/usr/bin/env bash
# The Compose file for real: up, an alert to a caught mail, how the containers are held, Kafka thrown
# away, every service stopped. Needs images (`images.sh` with TAG=local), stand-ins, `engine.sh run`.
. "$(dirname "$0")/common.sh"
[ "${1:-}" = inside ] || exec "$HERE/engine.sh" in "$HERE/compose.sh" inside

export POSTGRES_IMAGE=${POSTGRES_IMAGE:-stand-in/postgres:test} KAFKA_IMAGE=${KAFKA_IMAGE:-stand-in/kafka:test}
export TIERLINE_BUILD=0
compose() { docker compose --file "$ROOT/deploy/compose/compose.yaml" "$@"; }
services=(intake router sla-timer notifier console)

compose --profile cli down --volumes >/dev/null 2>&1 || true
began=$SECONDS
"$ROOT/deploy/compose/up.sh" >"$WORK/log/compose-up.log" 2>&1 || { tail -50 "$WORK/log/compose-up.log"; die "compose up"; }
say "up and healthy in $((SECONDS - began)) s, from nothing"
KEY=$(sed -n 's/^integration api: key //p' "$WORK/log/compose-up.log")
TOKEN=$(sed -n 's/^token //p' "$WORK/log/compose-up.log")
[ -n "$KEY" ] && [ -n "$TOKEN" ] || die "no key or token was printed"

# post TITLE: an alert; the edge's answer must say that it is stored
post() {
  curl -sf http://127.0.0.1:8081/v1/alerts -H "Authorization: Bearer $KEY" \
    -H 'Content-Type: application/json' \
    -d "{\"dedup_key\": \"$1\", \"title\": \"$1\", \"severity\": \"error\", \"client\": \"Harbour Dental\"}" >/dev/null
}
tierline() { compose run --rm -T -e "TIERLINE_TOKEN=$TOKEN" cli "$@"; }
ticket() { curl -sf -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8082/v1/tickets | grep -q "$1"; }
mailed() { curl -sf http://127.0.0.1:8084/mail | grep -q "$1"; }

post "Mail is slow" || die "the alert was not taken"
until_true 60 "a ticket" ticket "Mail is slow"
tierline clock jump 31m >/dev/null
until_true 60 "a mail about it" mailed "Mail is slow"
say "an alert became a ticket, lapsed, and was told by a caught mail"
curl -sf -o /dev/null http://127.0.0.1:8080/login || die "the console shows no login"

for name in "${services[@]}"; do
  id=$(compose ps -q "$name")
  held=$(docker inspect -f '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.State.Health.Status}}' "$id")
  [ "$held" = "10001:10001 true [ALL] healthy" ] || die "$name: $held"
  docker exec "$id" grep -q '^CapEff:.*0000000000000000' /proc/1/status || die "$name has capabilities"
  docker exec "$id" grep -q '^Seccomp:.*2' /proc/1/status || die "$name has no seccomp filter"
  docker exec "$id" sh -c 'touch /opt/x 2>/dev/null' && die "$name can write its root"
  used=$(docker stats --no-stream --format '{{.MemUsage}}' "$id" | cut -d/ -f1)
  say "$name: user 10001, read-only root, no capability, seccomp, healthy, $used"
done

compose stop kafka >/dev/null 2>&1
post "Printer is out of paper" || die "an alert was refused while Kafka was away"
say "with Kafka away an alert is taken"
compose rm -f kafka >/dev/null 2>&1
docker volume rm tierline_kafka >/dev/null
"$ROOT/deploy/compose/up.sh" >"$WORK/log/compose-again.log" 2>&1 ||
  { tail -50 "$WORK/log/compose-again.log"; die "up with an empty Kafka"; }
until_true 120 "the ticket of the alert that came while Kafka was away" ticket "Printer is out of paper"
post "Backup failed" && until_true 60 "a ticket" ticket "Backup failed"
say "Kafka thrown away, volume and all, and made anew: the alert of meanwhile has its ticket, later ones too"

for name in console notifier sla-timer router intake; do
  id=$(compose ps -q "$name")
  began=$(date +%s%3N)
  docker stop --time 20 "$id" >/dev/null
  code=$(docker inspect -f '{{.State.ExitCode}}' "$id")
  [ "$code" = 0 ] || die "$name ended with $code after SIGTERM"
  say "$name: SIGTERM, ended with 0 after $(($(date +%s%3N) - began)) ms"
done
for name in "${TARGETS[@]}"; do
  docker run --rm --entrypoint cat "tierline/$name:local" /usr/share/tierline/sbom.cdx.json |
    "$PY" -c 'import json, sys; d = json.load(sys.stdin); assert d["bomFormat"] == "CycloneDX" and len(d["components"]) > 40' ||
    die "$name carries no list of what it holds"
done
say "each image carries its list in CycloneDX"
compose --profile cli down --volumes >/dev/null 2>&1
say "compose: passed"
