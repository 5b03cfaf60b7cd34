# What the steps share; each sources it. Everything is kept in one folder, outside the repository.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
WORK=${TIERLINE_DEPLOY_WORK:-$HERE/work}
mkdir -p "$WORK"/{bin,log,run}
export PATH="$WORK/bin:$PATH"
export DOCKER_HOST="unix://$WORK/run/docker.sock"
export DOCKER_CONFIG="$WORK/docker-config"
export DOCKER_BUILDKIT=0
PY=${PY:-$ROOT/.venv/bin/python}
TARGETS=(cli intake router sla-timer notifier console)

say() { printf '%s  %s\n' "$(date -u +%H:%M:%S)" "$*"; }
die() { say "FAILED: $*" >&2; exit 1; }

# until_true SECONDS WHAT COMMAND...: look again and again until the command is true.
until_true() {
  local most=$1 what=$2 end=$((SECONDS + $1))
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || die "$what: not within $most s"
    sleep 0.2
  done
}
