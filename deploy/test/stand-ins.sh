#!/usr/bin/env bash
# Base images under the names that the Dockerfile and compose.yaml ask for, made from Debian's
# packages, this machine's Python and Kafka's jars: for a machine that reaches no registry.
# They have the layout of the real ones, not their bits. Needs the engine of `engine.sh build`.
. "$(dirname "$0")/common.sh"

PYTHON=${PYTHON:-$(command -v python3.11)}
PREFIX=$("$PYTHON" -c 'import sys; print(sys.base_prefix)')
KAFKA_JARS=${KAFKA_JARS:-$ROOT/tests/kafka/target/dependency}
LIBRARIES=ca-certificates,libssl3,libsqlite3-0,libffi8,zlib1g,libbz2-1.0,liblzma5,libreadline8
LIBRARIES=$LIBRARIES,libncursesw6,libuuid1,libexpat1,tzdata
SERVERS=postgresql-15,openjdk-17-jre-headless

rootfs() { # rootfs NAME PACKAGES
  [ -s "$WORK/$1.tar" ] || mmdebstrap --variant=minbase --include="$2" bookworm "$WORK/$1.tar"
  docker import -c 'ENV LANG=C.UTF-8' "$WORK/$1.tar" "stand-in/$1" >/dev/null
}

python_image() {
  local made=$WORK/stand-in-python
  rm -rf "$made" && mkdir -p "$made/usr/local" "$made/etc/ssl/certs"
  # The interpreter and its library, without tests, tools and what somebody has installed into it.
  tar -C "$PREFIX" --exclude='test' --exclude='__pycache__' --exclude='*.a' --exclude='idlelib' \
    --exclude='tkinter' --exclude='_tkinter*' --exclude='site-packages/*' --exclude='share' \
    -cf - bin lib include | tar -C "$made/usr/local" -xf -
  cp -a "$PREFIX"/lib/python3.11/site-packages/pip* "$made/usr/local/lib/python3.11/site-packages/"
  find "$made/usr/local/bin" -type f ! -name 'python3.11' -delete
  ln -sf python3.11 "$made/usr/local/bin/python3"
  ln -sf python3.11 "$made/usr/local/bin/python"
  # What this machine trusts, so that pip reaches the same index from inside.
  cp /etc/ssl/certs/ca-certificates.crt "$made/etc/ssl/certs/"
  printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$made/etc/pip.conf"
  cat >"$made/Dockerfile" <<'D'
FROM stand-in/bookworm
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
COPY usr/ /usr/
COPY etc/ /etc/
RUN ldconfig && python --version
CMD ["python3"]
D
  docker build -q --network none -t python:3.11-slim-bookworm "$made" >/dev/null
  rm -rf "$made"
}

server_image() { # server_image NAME: the entry script beside this file, on Debian's servers
  local made=$WORK/stand-in-server
  rm -rf "$made" && mkdir -p "$made/jars"
  cp "$HERE/stand-ins/$1" "$made/entry"
  [ "$1" = postgres ] || cp "$KAFKA_JARS"/*.jar "$ROOT/tests/kafka/log4j2.properties" "$made/jars/"
  cat >"$made/Dockerfile" <<'D'
FROM stand-in/servers
COPY jars/ /opt/kafka/libs/
COPY entry /entry
RUN echo 'server:x:70001:70001::/tmp:/bin/sh' >>/etc/passwd
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin
ENTRYPOINT ["bash", "/entry"]
D
  docker build -q --network none -t "stand-in/$1:test" "$made" >/dev/null
  rm -rf "$made"
}

[ -d "$KAFKA_JARS" ] || die "no Kafka in $KAFKA_JARS: .venv/bin/python -m tests.kafka.fetch"
rootfs bookworm "$LIBRARIES"
python_image
say "python:3.11-slim-bookworm"
rootfs servers "$SERVERS"
for name in postgres kafka; do server_image "$name" && say "stand-in/$name:test"; done
