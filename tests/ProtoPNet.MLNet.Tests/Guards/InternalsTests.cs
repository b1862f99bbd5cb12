using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Guards;

/// <summary>The package uses internals of ML.NET. What could go wrong with that goes wrong here, not in a user's process.</summary>
public class InternalsTests
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Package = typeof(ProtoPNetTransformer).Assembly;

    /// <summary>A renamed or removed internal of ML.NET is found when the method that uses it is compiled.</summary>
    [Fact]
    public void Every_method_can_be_compiled()
    {
        var broken = new List<string>();
        int compiled = 0;
        foreach (Type type in Package.GetTypes())
        {
            if (type.ContainsGenericParameters) continue;
            foreach (MethodBase method in type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything)))
            {
                if (method.IsAbstract || method.ContainsGenericParameters || method.GetMethodBody() is null) continue;
                try
                {
                    RuntimeHelpers.PrepareMethod(method.MethodHandle);
                    compiled++;
                }
                catch (Exception e)
                {
                    broken.Add($"{type}.{method.Name}: {e.Message}");
                }
            }
        }
        Assert.Empty(broken);
        Assert.True(compiled > 200, $"Only {compiled} methods were seen.");
    }

    /// <summary>To the compiler ML.NET's internals are public, so that it would not warn of one in a public signature.</summary>
    [Fact]
    public void Public_members_use_visible_types_only()
    {
        var leaks = new List<string>();
        foreach (Type type in Package.GetExportedTypes())
        {
            Check(type, type.BaseType);
            foreach (Type implemented in type.GetInterfaces().Where(i => i.Assembly != Package)) Check(type, implemented);
            foreach (MethodBase method in type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything)).Where(Exported))
            {
                foreach (ParameterInfo parameter in method.GetParameters()) Check(method, parameter.ParameterType);
                if (method is MethodInfo { ReturnType: var returned }) Check(method, returned);
            }
            foreach (FieldInfo field in type.GetFields(Everything).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly))
                Check(field, field.FieldType);
        }
        Assert.Empty(leaks);

        void Check(MemberInfo member, Type? used)
        {
            if (used is null || used.IsGenericParameter) return;
            if (used.HasElementType)
            {
                Check(member, used.GetElementType());
                return;
            }
            foreach (Type argument in used.GetGenericArguments()) Check(member, argument);
            if (!(used.IsGenericType ? used.GetGenericTypeDefinition() : used).IsVisible)
                leaks.Add($"{member.DeclaringType}.{member.Name} uses {used}");
        }
    }

    private static bool Exported(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;
}
