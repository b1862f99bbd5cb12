#!/usr/bin/env bash
# Makes the packages of a release: docs/releasing.md. Publishes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?give the version, such as 0.1.0}
out=$PWD/artifacts/release/$version
fail() { echo "error: $*" >&2; exit 1; }

[ -z "$(git status --porcelain)" ] || fail "the checkout has changes; commit or remove them"
git remote get-url origin >/dev/null || fail "git has no remote 'origin'; packages would not say where their source is"
grep -qF "## $version" CHANGELOG.md || fail "CHANGELOG.md has no section '## $version'"
[ ! -e "$out" ] || fail "$out exists; remove it"
export CI=true DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# pack FOLDER DESTINATION
pack() {
  (cd "$1" && dotnet restore --locked-mode src/ProtoPNet.Cli && for project in src/*/*.csproj; do
    dotnet pack -c Release -warnaserror -p:Version="$version" -p:PackageOutputPath="$2" "$project"
  done)
}
pack "$PWD" "$out"

# The same assemblies from another folder?
second=$(mktemp -d)
trap 'rm -rf "$second"' EXIT
git clone -q . "$second/again"
git -C "$second/again" remote set-url origin "$(git remote get-url origin)"
pack "$second/again" "$second/packages"
for package in "$out"/*.nupkg; do
  ours() { unzip -v "$1" '*ProtoPNet*.dll' '*protopnet.dll' | awk '/\.dll$/ { print $7, $8 }' | sort; }
  [ "$(ours "$package")" = "$(ours "$second/packages/$(basename "$package")")" ] || fail "$(basename "$package") is not reproducible"
done

dotnet tool restore
for project in src/*/*.csproj; do
  dotnet CycloneDX "$project" --output "$out" --filename "$(basename "$project" .csproj).bom.json" --output-format Json --disable-package-restore \
    --set-name "$(basename "$project" .csproj)" --set-version "$version"
done

dotnet tool install protopnet --tool-path "$second/tool" --add-source "$out" --version "$version"
"$second/tool/protopnet" --version

(cd "$out" && sha256sum ./* >SHA256SUMS)
ls -l "$out"
echo "Ready. To publish:"
echo "    git tag v$version && git push origin v$version"
echo "    dotnet nuget push '$out/*.nupkg' --api-key KEY"
