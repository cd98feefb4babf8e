# shellcheck shell=bash
# What the scripts of this folder share. Sourced with the repository as working directory.
image_cache=${IMAGE_CACHE:-$PWD/build/image}
image_log=$image_cache/build.log
image_started=${image_started:-$SECONDS}

fail() {
  printf '[image] %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '        %s\n' "$2" >&2
  exit 1
}

# Runs a step quietly, says how long it took; where it fails, the end of what it wrote.
step() {
  local what=$1 started=$SECONDS
  shift
  printf '\033[2m[image %4d s]\033[0m %s ' $((SECONDS - image_started)) "$what"
  printf '\n== %s\n' "$what" >>"$image_log"
  if "$@" >>"$image_log" 2>&1; then
    printf 'done (%d s)\n' $((SECONDS - started))
  else
    printf 'failed\n'
    tail -n 30 "$image_log" >&2
    fail "$what failed; the whole output is in $image_log"
  fi
}

# The words of a list, without its comments.
words() { sed 's/#.*//' "$@" | tr -s ' \n' ' '; }

# Removes a tree, but never through a mount: a mmdebstrap that was killed may still be taking its own down.
remove_tree() {
  local folder
  for folder in "$@"; do
    ! grep -qF " $(realpath -m "$folder")/" /proc/self/mountinfo || fail "something is mounted below $folder" "see: findmnt"
    rm -rf --one-file-system "$folder"
  done
}

# What a step depends on, as one word: texts, files and the contents of folders.
fingerprint() {
  for each in "$@"; do
    if [ -e "$each" ]; then find "$each" -type f -print0 | sort -z | xargs -0 sha256sum; else printf '%s\n' "$each"; fi
  done | sha256sum | cut -c 1-16
}

# Key and certificate of the firmware, made where the folder lacks them: a test key.
firmware_key() { # KEYS
  [ -e "$1/db.key" ] && [ -e "$1/db.crt" ] && return
  openssl req -new -x509 -newkey rsa:2048 -nodes -sha256 -days 7300 -subj "/CN=Sluice test key of the firmware/" \
    -keyout "$1/db.key" -out "$1/db.crt.new" 2>/dev/null
  mv "$1/db.crt.new" "$1/db.crt"
}

# Signs a program for UEFI, in place. The key is read by the signer alone; the time in the signature is the build's, so that
# the bytes are always the same.
firmware_sign() { # KEYS FILE
  local inside=/cache/${2#"$image_cache"/}
  firmware_key "$1"
  tools faketime -f "$(date --utc --date="@$SOURCE_DATE_EPOCH" '+%Y-%m-%d %H:%M:%S')" \
    sbsign --key /dev/fd/3 --cert /dev/fd/4 --output "$inside.signed" "$inside" 3<"$1/db.key" 4<"$1/db.crt"
  mv "$2.signed" "$2"
}

# Runs a command inside the chroot of tools, below namespaces of its own that end with it: /src is the repository
# (read-only), /cache what is kept between builds. /proc and /dev are there for the compilers.
tools() {
  unshare --mount --fork bash -c '
    set -e
    root=$1 cache=$2 repository=$3
    shift 3
    mount --make-rprivate /
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mkdir -p "$root/src" "$root/cache"
    mount --bind "$repository" "$root/src"
    mount -o remount,bind,ro "$root/src"
    mount --bind "$cache" "$root/cache"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TZ=UTC \
      SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" chroot "$root" "$@"' \
    tools "$image_cache/tools" "$image_cache" "$PWD" "$@"
}
