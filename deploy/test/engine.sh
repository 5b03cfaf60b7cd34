#!/usr/bin/env bash
# A Docker engine of our own, beside whatever the machine runs: `engine.sh build | stop`. It works in
# the machine's network, without a bridge, so that pip reaches its index. Needs root and dockerd.
. "$(dirname "$0")/common.sh"

stop() {
  local pid
  [ -e "$WORK/run/dockerd.pid" ] || return 0
  pid=$(cat "$WORK/run/dockerd.pid")
  kill "$pid" 2>/dev/null || return 0
  until_true 60 "the engine's end" sh -c "! kill -0 $pid 2>/dev/null"
}

case ${1:-} in
build)
  stop
  setsid dockerd --data-root "$WORK/docker" --exec-root "$WORK/run/exec" \
    --pidfile "$WORK/run/dockerd.pid" -H "unix://$WORK/run/docker.sock" --iptables=false \
    --ip6tables=false --ip-masq=false --bridge=none --ip-forward=false \
    >"$WORK/log/dockerd.log" 2>&1 </dev/null &
  until_true 60 "the engine" docker version
  ;;
stop) stop ;;
*) die "engine.sh build | stop" ;;
esac
