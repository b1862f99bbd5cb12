using System.Runtime.CompilerServices;

// What a saveable transformer needs (LoadableClass, ModelSaveContext, ...) is internal in ML.NET. The compiler sees copies
// in which it is public (build/Publicize.targets); at run time these two lines open the real assemblies to this one.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]

namespace System.Runtime.CompilerServices;

/// <summary>Known to the runtime by its name: the named assembly's internals are accessible from this one.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
