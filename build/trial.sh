#!/usr/bin/env bash
# Tries the packages of a folder as a new user would, in an empty folder: the tool, then an application. Says how large the tool is.
#     build/trial.sh artifacts/packages
set -euo pipefail
packages=$(realpath "${1:?give the folder of the packages}")
cd "$(dirname "$0")/.."
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
libtorch=$(sed -n 's:.*<LibtorchVersion>\(.*\)</LibtorchVersion>.*:\1:p' Directory.Packages.props)
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
cd "$trial"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Our packages go to a folder of the trial's own, which borrows the others from NuGet's.
global=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: //')
cat >nuget.config <<XML
<configuration>
  <packageSources><add key="trial" value="$packages" /></packageSources>
  <config><add key="globalPackagesFolder" value="$trial/packages" /></config>
  <fallbackPackageFolders><add key="global" value="$global" /></fallbackPackageFolders>
</configuration>
XML
if [ -e "$global/protopnet.mlnet/$version" ]; then
  echo "error: $global has another ProtoPNet.MLNet $version, which the trial would find first; remove it"
  exit 1
fi
echo '{ "phases": [ { "phase": "warmUp", "epochs": 3 }, { "phase": "projection" }, { "phase": "lastLayer", "l1": 0.003 } ] }' >short.json

echo "== the tool"
dotnet tool install protopnet --tool-path tool --version "$version"
echo "installed: $(du -sm tool | cut -f1) MB"
./tool/protopnet train --dataset birds --data birds --output out --schedule short.json
./tool/protopnet evaluate --model out/model.zip --data birds --output out
./tool/protopnet predict --model out/model.zip birds/test --format csv --output out/predictions.csv
./tool/protopnet explain --model out/model.zip --image "$(find birds/test -name '*.jpg' | sort | head -1)" --output out
wc -l out/predictions.csv

echo "== an application"
dotnet new console -o app >new.log
cd app
dotnet add package ProtoPNet.MLNet --version "$version" >add.log
cat >Program.cs <<'CS'
using Microsoft.ML;
using ProtoPNet.MLNet;

ITransformer model = new MLContext().Model.Load(args[0], out _);
using ProtoPNetTransformer network = ((IEnumerable<ITransformer>)model).OfType<ProtoPNetTransformer>().Single();
Console.WriteLine($"a model of {network.ClassNames.Count} classes and {network.Prototypes.Count} prototypes");
CS
dotnet build -v q 2>&1 | grep -F "warning PROTOPNET001" | head -1 | grep -F "libtorch-cpu-linux-x64 --version $libtorch" ||
  { echo "error: without libtorch the build does not say which package to add"; exit 1; }
dotnet add package libtorch-cpu-linux-x64 --version "$libtorch" >>add.log
dotnet build -v q -warnaserror
dotnet run --no-build -- ../out/model.zip
