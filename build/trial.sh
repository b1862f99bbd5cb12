#!/usr/bin/env bash
# Tries the packages of a folder as a new user would, from an empty folder: an application that trains and explains, then the tool. Any warning fails.
#     build/trial.sh artifacts/packages
# Linux only. Packages of others come from NuGet's packages folder, where building this repository has left them.
set -euo pipefail
packages=$(realpath "${1:?give the folder of the packages}")
cd "$(dirname "$0")/.."
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
libtorch=$(sed -n 's:.*<LibtorchVersion>\(.*\)</LibtorchVersion>.*:\1:p' Directory.Packages.props)
global=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: //')
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
cd "$trial"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
fail() { echo "error: $*"; exit 1; }
[ ! -e "$global/protopnet.mlnet/$version" ] || fail "$global has another ProtoPNet.MLNet $version, which the trial would find first; remove it"
cat >nuget.config <<XML
<configuration>
  <packageSources><clear /><add key="trial" value="$packages" /></packageSources>
  <config><add key="globalPackagesFolder" value="$trial/packages" /></config>
  <fallbackPackageFolders><add key="global" value="$global" /></fallbackPackageFolders>
</configuration>
XML
# Runs a command and keeps what it says in 'said', too.
say() {
  local code=0
  echo "\$ $*"
  "$@" >"$trial/now" 2>&1 || code=$?
  cat "$trial/now" >>"$trial/said"
  grep -v "^info :" "$trial/now" || true
  return $code
}

echo "== an application"
say dotnet new console -o app
cd app
say dotnet add package ProtoPNet.MLNet
say dotnet add package ProtoPNet.Datasets
say dotnet add package Microsoft.ML.DnnImageFeaturizer.ResNet18 --version 0.23.1
dotnet build -v q 2>&1 | grep -F "warning PROTOPNET001" | grep -qF "libtorch-cpu-linux-x64 --version $libtorch" ||
  fail "without libtorch the build does not say which package to add"
say dotnet add package libtorch-cpu-linux-x64 --version "$libtorch"
cat >Program.cs <<'CS'
using Microsoft.ML;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Reports;
using ProtoPNet.MLNet.Training;

ImageDataset birds = ProceduralBirds.Write("../birds", new BirdOptions { Species = 10, TrainPerSpecies = 4, TestPerSpecies = 1, Size = 96 });
var ml = new MLContext(seed: 1);
IDataView train = ml.Data.LoadFromEnumerable(birds.Train);
var model = ml.Transforms.Conversion.MapValueToKey("Label")
    .Append(ml.Transforms.LoadPhotographs("Image", birds.Folder, "ImagePath"))
    .Append(ml.MulticlassClassification.Trainers.ProtoPNet(new ProtoPNetTrainer.Options
    {
        Backbone = Backbone.DnnResNet18,
        ImageSize = 96,
        PrototypesPerClass = 2,
        Schedule = TrainingSchedule.FrozenBackbone with { Phases = [new WarmUp(3) { Views = 2 }, new Projection(), new LastLayerFit(1e-3) { Views = 2 }] },
    })).Fit(train);
ml.Model.Save(model, train.Schema, "../model.zip");
string photograph = birds.PathOf(birds.Test[0]);
File.WriteAllText("../explanation.html", model.LastTransformer.ExplainAsReport(File.ReadAllBytes(photograph), photograph).Html());
Console.WriteLine($"a model of {model.LastTransformer.ClassNames.Count} classes and {model.LastTransformer.Prototypes.Count} prototypes");
Console.WriteLine($"optimal: {model.LastTransformer.TrainingReport!.Phases[^1].LastLayer!.RelativeGap <= 1e-6}");
CS
say dotnet run
grep -q "^optimal: True" "$trial/said" || fail "the application's last layer is not optimal"
cd ..
test -s model.zip -a -s explanation.html || fail "the application left no model or no explanation"

echo "== an application for .NET 8, run by the newest framework here"
rm -rf app/bin app/obj birds model.zip explanation.html
cd app
# As docs/install.md says: Backbone.DnnResNet18 needs C# 14. What .NET has by itself is pruned, as it is for .NET 10: building this repository does not
# leave those packages in NuGet's folder.
sed -i 's:<TargetFramework>.*:<TargetFramework>net8.0</TargetFramework><LangVersion>14</LangVersion><RestoreEnablePackagePruning>true</RestoreEnablePackagePruning>:' app.csproj
DOTNET_ROLL_FORWARD=Major say dotnet run -p:UseAppHost=false
grep -qF "lib/net8.0/ProtoPNet.MLNet.dll" obj/project.assets.json || fail "the package has nothing for .NET 8"
[ "$(grep -c "^optimal: True" "$trial/said")" = 2 ] || fail "the last layer of the application for .NET 8 is not optimal"
cd ..
test -s model.zip -a -s explanation.html || fail "the application for .NET 8 left no model or no explanation"

echo "== the tool"
echo '{ "phases": [ { "phase": "warmUp", "epochs": 3, "views": 2 }, { "phase": "projection" }, { "phase": "lastLayer", "l1": 0.001, "views": 2 } ] }' >short.json
say dotnet tool install protopnet --tool-path tool --version "$version"
say tool/protopnet train --data birds --output out --schedule short.json --image-size 96
say tool/protopnet evaluate --model out/model.zip --data birds --output out
say tool/protopnet predict --model model.zip birds/test --format csv --output predictions.csv
say tool/protopnet explain --model out/model.zip --image "$(find birds/test -name '*.jpg' | sort | head -1)" --output out
test "$(wc -l <predictions.csv)" -gt 10 || fail "predictions of ten photographs are missing"

echo "== what the packages contain"
for folder in packages/protopnet.mlnet packages/protopnet.datasets tool/.store/protopnet/*/protopnet; do
  for file in PACKAGE.md icon.png LICENSE; do test -s "$folder/$version/$file" || fail "$folder has no $file"; done
done
[ -z "$(find packages tool -iname '*torch_cpu*' -o -iname 'libc10*')" ] || fail "a package contains libtorch"
for package in ProtoPNet.MLNet ProtoPNet.Datasets protopnet; do test -s "$packages/$package.$version.snupkg" || fail "$package has no symbols"; done
ls -l "$packages" | awk 'NR > 1 { print $5, $9 }'
own=$(du -sm --apparent-size tool | cut -f1)
native=$(du -sm --apparent-size "$global/libtorch-cpu-linux-x64/$libtorch/runtimes" | cut -f1)
echo "the tool is $own MB installed, libtorch in NuGet's packages folder $native MB"
[ "$own" -le 450 ] || fail "the tool has grown beyond 450 MB"
! grep -iE "\bwarn(ing)?\b" said || fail "there were warnings"
