#!/usr/bin/env bash
# A Docker engine of our own, beside whatever the machine runs: `engine.sh build | run | stop`.
#   build: in the machine's network, without a bridge, so that pip reaches its index.
#   run:   in a network of its own, with bridge, names and published ports; `engine.sh in COMMAND...`
#          runs a command in that network. Needs root, dockerd and iptables.
. "$(dirname "$0")/common.sh"

stop() {
  local pid
  for file in "$WORK"/run/dockerd.pid; do
    [ -e "$file" ] && pid=$(cat "$file") && kill "$pid" 2>/dev/null || continue
    until_true 30 "the engine's end" sh -c "! kill -0 $pid 2>/dev/null"
  done
  if [ -e "$WORK/run/network.pid" ]; then
    kill "$(cat "$WORK/run/network.pid")" 2>/dev/null || true
    rm -f "$WORK/run/network.pid"
  fi
}

common=(--data-root "$WORK/docker" --exec-root "$WORK/run/exec" --pidfile "$WORK/run/dockerd.pid"
  -H "unix://$WORK/run/docker.sock")

case ${1:-} in
build)
  stop
  setsid dockerd "${common[@]}" --iptables=false --ip6tables=false --ip-masq=false --bridge=none \
    --ip-forward=false >"$WORK/log/dockerd.log" 2>&1 </dev/null &
  until_true 60 "the engine" docker version
  ;;
run)
  stop
  # shellcheck disable=SC2016 - expanded inside
  setsid unshare --net --mount bash -c '
    echo $$ > "$1/run/network.pid"; shift
    ip link set lo up
    exec "$@"' network "$WORK" \
    dockerd "${common[@]}" --bip 172.30.0.1/24 \
    --default-address-pool base=172.31.0.0/16,size=24 \
    >"$WORK/log/dockerd.log" 2>&1 </dev/null &
  until_true 60 "the engine" docker version
  ;;
in)
  shift
  exec nsenter --target "$(cat "$WORK/run/network.pid")" --net "$@"
  ;;
stop) stop ;;
*) die "engine.sh build | run | in COMMAND... | stop" ;;
esac
