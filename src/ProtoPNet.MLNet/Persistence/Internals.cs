using System.Runtime.CompilerServices;

// The types needed by a saveable transformer (LoadableClass, ModelSaveContext, ...) are internal in ML.NET. The compiler sees copies
// in which they are public (build/Publicize.targets); at run time these two lines grant this assembly access to the real ones.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]

namespace System.Runtime.CompilerServices;

/// <summary>Recognised by the runtime by name: makes the named assembly's internals accessible from this one.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
