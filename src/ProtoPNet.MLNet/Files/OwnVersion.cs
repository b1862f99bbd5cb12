using System.Reflection;

namespace ProtoPNet.MLNet.Files;

/// <summary>The version of this library and of the tool, as their packages have it; the assembly's own stays put.</summary>
internal static class OwnVersion
{
    /// <summary>Such as <c>0.1.0</c>, without the commit.</summary>
    public static string Text { get; } = typeof(OwnVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion.Split('+')[0];
}
