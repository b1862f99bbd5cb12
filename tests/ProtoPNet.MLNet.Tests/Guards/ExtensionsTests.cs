using System.Reflection;
using System.Runtime.CompilerServices;
using ProtoPNet.Cli;
using ProtoPNet.Datasets;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Guards;

/// <summary>A call that looks like an extension method's runs the type's own method of that name where there is one.</summary>
public sealed class ExtensionsTests
{
    private const BindingFlags
        Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly,
        OfItsOwn = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;

    [Fact]
    public void No_extension_method_is_hidden_by_a_method_of_its_type()
    {
        MethodInfo[] extensions = [.. new[] { typeof(ProtoPNetTrainer), typeof(ImageDataset), typeof(ModelFile) }
            .SelectMany(type => type.Assembly.GetTypes()).SelectMany(type => type.GetMethods(Declared))
            .Where(method => method.IsDefined(typeof(ExtensionAttribute)))];
        Assert.True(extensions.Length > 20, $"Only {extensions.Length} extension methods were found.");
        Assert.Empty(extensions.Where(IsShadowed).Select(method => $"{method.DeclaringType!.Name}.{method.Name}"));
    }

    private static bool IsShadowed(MethodInfo extension)
        => Types(extension.GetParameters()[0].ParameterType).SelectMany(type => type.GetMethods(OfItsOwn))
            .Any(own => own.Name == extension.Name && Parameters(own).SequenceEqual(Parameters(extension).Skip(1)));

    private static IEnumerable<string> Parameters(MethodInfo method) => method.GetParameters().Select(p => p.ParameterType.ToString());

    private static IEnumerable<Type> Types(Type type) => type.IsInterface ? [type, .. type.GetInterfaces()] : [type];
}
