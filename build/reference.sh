#!/usr/bin/env bash
# Writes the API reference, pages from the comments of the public members, to artifacts/reference/site. Any warning fails.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
rm -rf artifacts/reference
# An application's output, since docfx looks for the libraries that are referred to beside the assemblies that it describes.
dotnet build -c Release -v q examples/OwnPhotographs -o artifacts/reference/assemblies
dotnet tool restore
dotnet docfx docs/reference/docfx.json --warningsAsErrors
