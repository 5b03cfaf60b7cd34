#!/usr/bin/env bash
# Builds every target, with BuildKit off: what the file needs, any builder has. Needs `engine.sh build`.
. "$(dirname "$0")/common.sh"
VERSION=${VERSION:-0.1.0}
TAG=${TAG:-$VERSION}
REVISION=$(git -C "$ROOT" rev-parse HEAD)
for target in "${TARGETS[@]}"; do
  began=$SECONDS
  docker build --quiet --network host --file "$ROOT/deploy/docker/Dockerfile" --target "$target" \
    --build-arg "VERSION=$VERSION" --build-arg "REVISION=$REVISION" \
    --tag "tierline/$target:$TAG" "$ROOT" >"$WORK/log/build-$target.log" 2>&1 ||
    { tail -40 "$WORK/log/build-$target.log"; die "docker build of $target"; }
  say "tierline/$target:$TAG  $(docker image inspect -f '{{.Size}}' "tierline/$target:$TAG" |
    awk '{printf "%.0f MB", $1 / 1e6}')  $((SECONDS - began)) s"
done
