#!/bin/sh
# Becomes a container's process: enter.sh ROOT OPEN_FILES FOLDER UID GID COMMAND [ARGUMENT ...]
#
# Run as root in mount, IPC and UTS namespaces of its own, so that its mounts are seen by nobody else and go with the
# last of its processes. ROOT is what an image holds; it can't be written, but for an empty /tmp (and /dev/shm, which
# container runtimes leave writable too). OPEN_FILES is a number or "-". The command runs in FOLDER, as UID and GID, with
# no capability that it has or could get, and with the environment of this script.
# The network is this machine's: what it is to reach listens on loopback.
set -eu
root=$1 open_files=$2 folder=$3 uid=$4 gid=$5
shift 5

mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t tmpfs -o nosuid,mode=755 dev "$root/dev"
for device in null zero full random urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm"
mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=64m shm "$root/dev/shm"
mount -o remount,ro "$root/dev"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmp "$root/tmp"

# Or as many as this machine lets anybody have.
[ "$open_files" = - ] || ulimit -n "$open_files" 2>/dev/null || ulimit -n "$(ulimit -H -n)"
exec chroot "$root" /usr/bin/env -C "$folder" \
  setpriv --reuid "$uid" --regid "$gid" --clear-groups --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"
