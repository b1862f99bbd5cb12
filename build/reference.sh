#!/usr/bin/env bash
# Writes the API reference, pages from the comments of the public members, to artifacts/reference/site. Any warning fails.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
rm -rf artifacts/reference
# docfx describes the assemblies in an application's output, since it looks for the libraries that they refer to beside them.
dotnet build -c Release -v q examples/OwnPhotographs
dotnet tool restore
dotnet docfx docs/reference/docfx.json --warningsAsErrors
