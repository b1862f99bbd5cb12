using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

// Copies Microsoft.ML.TorchSharp.dll, which was built against TorchSharp 0.102.7, so that it runs with a newer TorchSharp:
//     RedirectTorchSharp Microsoft.ML.TorchSharp.dll TorchSharp.dll copy.dll
// Its calls of functional.interpolate lack a parameter that came later (antialias); they get its default, false. Then every other reference to
// TorchSharp is looked up: one that is missing fails the build, not the program that runs.
if (args is not [var source, var torchSharp, var destination])
{
    Console.Error.WriteLine("Give Microsoft.ML.TorchSharp.dll, TorchSharp.dll and the copy to write.");
    return 2;
}

using var resolver = new DefaultAssemblyResolver();
foreach (string file in new[] { source, torchSharp }) resolver.AddSearchDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(source, new ReaderParameters { AssemblyResolver = resolver });
using AssemblyDefinition newer = AssemblyDefinition.ReadAssembly(torchSharp, new ReaderParameters { AssemblyResolver = resolver });
ModuleDefinition module = assembly.MainModule;

int redirected = 0;
foreach (MethodBody body in module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody).Select(method => method.Body))
{
    Instruction[] calls = [.. body.Instructions.Where(IsOldInterpolate)];
    if (calls.Length == 0) continue;
    body.SimplifyMacros(); // short jumps may become too long
    foreach (Instruction call in calls)
    {
        var old = (MethodReference)call.Operand!;
        var now = new MethodReference(old.Name, old.ReturnType, old.DeclaringType);
        foreach (ParameterDefinition parameter in old.Parameters) now.Parameters.Add(new ParameterDefinition(parameter.ParameterType));
        now.Parameters.Add(new ParameterDefinition(module.TypeSystem.Boolean));
        ILProcessor editor = body.GetILProcessor();
        // What jumped to the call must come past the new argument: the call becomes that, and follows as a new instruction.
        editor.InsertAfter(call, editor.Create(OpCodes.Call, now));
        (call.OpCode, call.Operand) = (OpCodes.Ldc_I4_0, null);
        redirected++;
    }
    body.OptimizeMacros();
}

Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(destination))!);
assembly.Write(destination);

using AssemblyDefinition written = AssemblyDefinition.ReadAssembly(destination, new ReaderParameters { AssemblyResolver = resolver });
MemberReference[] references = [.. written.MainModule.GetMemberReferences()
    .Where(one => one.DeclaringType.GetElementType().Scope.Name == newer.Name.Name)];
string[] missing = [.. references.Where(one => !Exists(one)).Select(one => one.FullName).Order(StringComparer.Ordinal)];
foreach (string one in missing) Console.Error.WriteLine($"error : TorchSharp {newer.Name.Version} has no {one}");
Console.WriteLine($"Microsoft.ML.TorchSharp: {redirected} calls redirected, {references.Length} references to TorchSharp {newer.Name.Version}, "
    + $"{missing.Length} missing");
return missing.Length == 0 ? 0 : 1;

static bool IsOldInterpolate(Instruction instruction) => instruction.OpCode == OpCodes.Call
    && instruction.Operand is MethodReference { Name: "interpolate", DeclaringType.FullName: "TorchSharp.torch/nn/functional", Parameters.Count: 6 };

// In the newer TorchSharp, whichever version the reference names.
bool Exists(MemberReference reference)
{
    for (TypeDefinition? type = Find(reference.DeclaringType.GetElementType()); type is not null;
         type = type.BaseType is { } parent ? Find(parent.GetElementType()) : null)
    {
        if (reference is FieldReference && type.Fields.Any(field => field.Name == reference.Name)) return true;
        if (reference is MethodReference method && MetadataResolver.GetMethod(type.Methods, method) is not null) return true;
    }
    return false;
}

TypeDefinition? Find(TypeReference type) => newer.MainModule.GetType(type.FullName);
