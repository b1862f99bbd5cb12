using System.Reflection;
using System.Reflection.Emit;

namespace ProtoPNet.MLNet.Tests.Guards;

/// <summary>Which types of its own assembly a type uses: in signatures, fields, local variables and instructions.</summary>
internal sealed class TypeUses
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    private readonly Assembly _assembly;
    private readonly HashSet<Type> _used = [];

    private TypeUses(Assembly assembly) => _assembly = assembly;

    public static IReadOnlySet<Type> Of(Type type)
    {
        var uses = new TypeUses(type.Assembly);
        uses.Add(type.BaseType);
        foreach (Type i in type.GetInterfaces()) uses.Add(i);
        foreach (FieldInfo field in type.GetFields(Everything)) uses.Add(field.FieldType);
        foreach (MethodBase method in type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything))) uses.AddMethod(method);
        return uses._used;
    }

    private void AddMethod(MethodBase method)
    {
        foreach (ParameterInfo parameter in method.GetParameters()) Add(parameter.ParameterType);
        if (method is MethodInfo { ReturnType: var returned }) Add(returned);
        if (method.GetMethodBody() is not { } body) return;
        foreach (LocalVariableInfo local in body.LocalVariables) Add(local.LocalType);
        Type[] typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : [];
        Type[] methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : [];
        foreach (int token in Tokens(body.GetILAsByteArray() ?? []))
            AddMember(method.Module.ResolveMember(token, typeArguments, methodArguments));
    }

    private void AddMember(MemberInfo? member)
    {
        Add(member as Type ?? member?.DeclaringType);
        if (member is MethodInfo { IsGenericMethod: true } method)
            foreach (Type argument in method.GetGenericArguments()) Add(argument);
    }

    private void Add(Type? type)
    {
        if (type is null || type.IsGenericParameter) return;
        if (type.HasElementType)
        {
            Add(type.GetElementType());
            return;
        }
        if (type.IsGenericType)
        {
            foreach (Type argument in type.GetGenericArguments()) Add(argument);
            type = type.GetGenericTypeDefinition();
        }
        if (type.Assembly == _assembly) _used.Add(type);
    }

    /// <summary>The operands that name types, methods or fields.</summary>
    private static IEnumerable<int> Tokens(byte[] il)
    {
        for (int at = 0; at < il.Length;)
        {
            short value = il[at++];
            if (value == 0xFE) value = unchecked((short)(0xFE00 | il[at++]));
            OpCode code = Codes[value];
            if (code.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
                yield return BitConverter.ToInt32(il, at);
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(il, at),
                _ => 4,
            };
        }
    }
}
