#!/usr/bin/env bash
# Unpack Apptainer from Debian unstable into a folder, with the C library that it needs; nothing is installed.
# Debian 12 has no such package. Then: PATH=FOLDER/usr/bin:$PATH APPTAINER_NO_PRIVS=1
set -euo pipefail
folder=$(realpath -m "$1")
program=$folder/usr/bin/apptainer
libraries=$folder/usr/lib/x86_64-linux-gnu
if [ -x "$program" ] && "$program" --version; then exit 0; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{sources,lists/partial,cache/archives/partial,packages} "$folder"
mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -n 1)
cat >"$work/sources/unstable.sources" <<END
Types: deb
URIs: $mirror
Suites: sid
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
options=(-q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/sources" -o APT::Sandbox::User=root
  -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache")
apt-get "${options[@]}" update >/dev/null
(cd "$work/packages" && apt-get "${options[@]}" download apptainer libc6 libseccomp2 libsqlite3-0 >/dev/null)
for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$folder"; done
for binary in "$program" "$libraries/apptainer/bin/starter"; do
  patchelf --set-interpreter "$libraries/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$libraries" "$binary"
done
# it looks for its configuration and state relative to its own program
for name in etc var; do
  ln -sfn "../$name" "$folder/usr/$name"
  ln -sfn "../../$name" "$folder/usr/lib/$name"
done
mkdir -p "$folder/var/lib/apptainer/mnt/session"
"$program" --version
