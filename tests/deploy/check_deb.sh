#!/bin/bash
# check_deb.sh BUILD: the .deb of BUILD installs into a bare Debian, and `fuzzmill doctor` is content there.
#
# The bare Debian (debootstrap, about 200 MB, 45 s) is made once and kept in BUILD/debian-root; the test works on
# a copy. Nothing is mounted on this machine: what needs a mount or starts a process happens in namespaces
# that end with it.
set -euo pipefail
shopt -s inherit_errexit

readonly build=$1
readonly base=$build/debian-root packages=$build/packages
readonly NAMESPACES=(unshare --mount --pid --fork --kill-child)

skip() {
  printf 'skipped: %s\n' "$*"
  exit 77
}

say() { printf -- '-- %s\n' "$*"; }

need_means() {
  ((EUID == 0)) || skip "a Debian root is made by root only"
  command -v debootstrap >/dev/null || skip "no debootstrap here (Debian's package debootstrap)"
  command -v dpkg-shlibdeps >/dev/null || skip "no dpkg-shlibdeps here (Debian's package dpkg-dev)"
  "${NAMESPACES[@]}" true 2>/dev/null || skip "this machine lets nobody make namespaces"
}

# The sources of Debian that this machine uses, as "URI SUITE COMPONENT": the root gets its packages in the same way.
debian_sources() {
  # shellcheck disable=SC2016  # apt expands these
  local form='$(REPO_URI) $(RELEASE) $(COMPONENT)' found
  found=$(apt-get indextargets --format "$form" 'Created-By: Packages' 'Origin: Debian')
  # Before the first `apt-get update` the origin is not known: then what names the release and `main`.
  [[ -n $found ]] || found=$(apt-get indextargets --format "$form" 'Created-By: Packages' 'Component: main')
  awk -v codename="$codename" '$2 ~ "^" codename "(-updates|-security)?$" && !seen[$0]++' <<<"$found"
}

proxy_settings() { apt-config dump | grep -iE '^Acquire::https?::.*proxy.* "[^"]+";$' || true; }

# Makes the bare root; under another name first, so that half a root is never taken for one.
make_base() {
  local sources mirror proxy
  sources=$(debian_sources)
  mirror=$(awk -v codename="$codename" '$2 == codename { print $1; exit }' <<<"$sources")
  [[ -n $mirror ]] || skip "apt knows no source of Debian $codename"
  proxy=$(proxy_settings | sed -nE 's/^Acquire::http::proxy "(.+)";$/\1/Ip' | head -n 1)
  [[ -z $proxy || -n ${http_proxy:-} ]] || export http_proxy=$proxy
  say "debootstrap $codename"
  rm -rf "$base" "$base.partial"
  debootstrap --variant=minbase "$codename" "$base.partial" "$mirror" >"$build/debootstrap.log" 2>&1 || {
    tail -n 20 "$build/debootstrap.log"
    exit 1
  }
  awk '{ print "deb", $0 }' <<<"$sources" >"$base.partial/etc/apt/sources.list"
  proxy_settings >"$base.partial/etc/apt/apt.conf.d/90proxy"
  # As a container's start does: names resolve in there as they do here.
  cp -L /etc/resolv.conf /etc/hosts "$base.partial/etc/"
  # A root of its own has no init: packages shall not try to start services.
  printf '#!/bin/sh\nexit 101\n' >"$base.partial/usr/sbin/policy-rc.d"
  chmod 755 "$base.partial/usr/sbin/policy-rc.d"
  mv "$base.partial" "$base"
}

make_package() {
  say "cpack"
  rm -rf "$packages"
  cpack --config "$build/CPackConfig.cmake" -B "$packages" >"$build/cpack.log" 2>&1 || {
    tail -n 20 "$build/cpack.log"
    exit 1
  }
  deb=$(find "$packages" -maxdepth 1 -name 'fuzzmill_*.deb')
  [[ -f $deb ]] || {
    printf 'cpack made no package, or several: %s\n' "$deb"
    exit 1
  }
  dpkg-deb --field "$deb" Package Version Architecture Depends
}

# What runs inside the root, as its root. Leaves nothing running: its process namespace ends with it.
inside() {
  cat <<'INSIDE'
set -eu
mount -t proc proc /proc
export DEBIAN_FRONTEND=noninteractive HOME=/root

echo "-- apt-get install ./fuzzmill.deb"
{ apt-get -q update && apt-get -q install -y --no-install-recommends /fuzzmill.deb; } >/install.log 2>&1 ||
  { cat /install.log; exit 1; }
for path in /usr/bin/fuzzmill /etc/fuzzmill/redis.conf /usr/lib/systemd/system/fuzzmill-worker@.service \
  /usr/include/fuzzmill/producer_c.h /usr/lib/libfuzzmill-producer.so.0 /usr/lib/cmake/fuzzmill/fuzzmill-config.cmake; do
  test -e "$path" || { echo "the package lacks $path"; exit 1; }
done
test "$(stat -c '%U %a' /var/lib/fuzzmill/keys)" = "fuzzmill 700"
test "$(stat -c '%G %a' /etc/fuzzmill/fuzzmill.env)" = "fuzzmill 640"

echo "-- redis-server and fuzzmill doctor, as the user fuzzmill"
as_fuzzmill() { runuser -u fuzzmill -- "$@"; }
cd /var/lib/fuzzmill
install -d -m 700 -o fuzzmill -g fuzzmill redis /run/fuzzmill
socket=/var/lib/fuzzmill/redis/redis.sock
as_fuzzmill redis-server /etc/fuzzmill/redis.conf --unixsocket "$socket" --dir /var/lib/fuzzmill/redis >/redis.log &
tries=100
until [ "$(as_fuzzmill redis-cli -s "$socket" ping 2>/dev/null)" = PONG ]; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { cat /redis.log; exit 1; }
  sleep 0.1
done
as_fuzzmill fuzzmill version
as_fuzzmill fuzzmill keys init --keys /var/lib/fuzzmill/keys
as_fuzzmill fuzzmill doctor --redis "unix:$socket" --keys /var/lib/fuzzmill/keys \
  --hold /var/lib/fuzzmill/hold --archive /var/lib/fuzzmill/archive

echo "-- apt-get purge: the program goes, keys and crashes stay"
apt-get -q purge -y fuzzmill >/purge.log 2>&1 || { cat /purge.log; exit 1; }
test ! -e /usr/bin/fuzzmill
test ! -e /etc/fuzzmill/redis.conf
test -d /var/lib/fuzzmill/keys
INSIDE
}

main() {
  need_means
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [[ -n $codename ]] || skip "this is no release of Debian with a name"
  [[ -d $base ]] || make_base
  make_package
  work=$(mktemp -d "$build/debian-work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cp -a --reflink=auto "$base/." "$work/"
  cp "$deb" "$work/fuzzmill.deb"
  inside >"$work/inside.sh"
  "${NAMESPACES[@]}" chroot "$work" /bin/sh /inside.sh </dev/null
}

main
