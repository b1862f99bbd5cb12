using System.Globalization;
using System.Numerics;

namespace ProtoPNet.MLNet.Weights.PyTorch;

/// <summary>
/// The data part of Python's pickle language, protocols 0 to 5. It builds dictionaries, lists, texts, numbers and inert objects; calls
/// go only to the few functions in <see cref="AllowedCalls"/>.
/// </summary>
internal sealed class PickleMachine(PickleCursor cursor, Func<PickleTuple, object?> persistent)
{
    private const int MostValues = 4_000_000;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];
    private int _values;

    /// <summary>Runs one pickle and returns its value.</summary>
    /// <exception cref="WeightsFormatException">The pickle is damaged or asks for something that is not allowed.</exception>
    public object? Run()
    {
        while (true)
        {
            byte code = cursor.ReadByte();
            if (code == '.') return Pop();
            if (!(Literal(code) || Container(code) || Memory(code) || Object(code)))
                throw cursor.Broken($"the instruction 0x{code:x2} is unknown or not allowed.");
        }
    }

    private bool Literal(byte code)
    {
        switch (code)
        {
            case 0x80: return cursor.ReadByte() <= 5 ? true : throw cursor.Broken("its pickle protocol is unknown."); // PROTO
            case 0x95: cursor.ReadBytes(8); return true; // FRAME
            case (byte)'N': return Push(null);
            case 0x88: return Push(true);
            case 0x89: return Push(false);
            case (byte)'I': return Push(cursor.ReadLine() switch { "00" => false, "01" => true, var text => Integer(text) });
            case (byte)'L': return Push(Integer(cursor.ReadLine().TrimEnd('L')));
            case (byte)'J': return Push((long)cursor.ReadInt32());
            case (byte)'K': return Push((long)cursor.ReadByte());
            case (byte)'M': return Push((long)cursor.ReadUInt16());
            case 0x8a: return Push(Integer(cursor.ReadBytes(cursor.ReadByte()))); // LONG1
            case 0x8b: return Push(Integer(cursor.ReadBytes(Math.Min(cursor.ReadLength(4), 1024)))); // LONG4
            case (byte)'F':
                return Push(double.TryParse(cursor.ReadLine(), CultureInfo.InvariantCulture, out double number)
                    ? number
                    : throw cursor.Broken("not a number."));
            case (byte)'G': return Push(cursor.ReadDouble());
            case (byte)'S': return Push(cursor.ReadLine().Trim('\'', '"'));
            case (byte)'V': return Push(cursor.ReadLine());
            case (byte)'T': return Push(cursor.ReadLatin1(cursor.ReadLength(4)));
            case (byte)'U': return Push(cursor.ReadLatin1(cursor.ReadLength(1)));
            case (byte)'X': return Push(cursor.ReadUtf8(cursor.ReadLength(4)));
            case 0x8c: return Push(cursor.ReadUtf8(cursor.ReadLength(1)));
            case 0x8d: return Push(cursor.ReadUtf8(cursor.ReadLength(8)));
            case (byte)'B': return Push(cursor.ReadBytes(cursor.ReadLength(4)));
            case (byte)'C': return Push(cursor.ReadBytes(cursor.ReadLength(1)));
            case 0x8e or 0x96: return Push(cursor.ReadBytes(cursor.ReadLength(8)));
            default: return false;
        }
    }

    private bool Container(byte code)
    {
        switch (code)
        {
            case (byte)'(': _marks.Add(_stack.Count); return _marks.Count <= MostValues;
            case (byte)'0': Pop(); return true;
            case (byte)'1': PopToMark(); return true;
            case (byte)'2': return Push(Peek<object>());
            case (byte)']' or 0x8f: return Push(new List<object?>()); // a set is a list here
            case (byte)'l' or 0x91: return Push(PopToMark().ToList());
            case (byte)'}': return Push(new PickleDictionary());
            case (byte)'d': return Push(Fill(new PickleDictionary(), PopToMark()));
            case (byte)')': return Push(new PickleTuple([]));
            case (byte)'t': return Push(new PickleTuple(PopToMark()));
            case 0x85 or 0x86 or 0x87: // TUPLE1, TUPLE2, TUPLE3
                object?[] items = new object?[code - 0x84];
                for (int i = items.Length - 1; i >= 0; i--) items[i] = Pop();
                return Push(new PickleTuple(items));
            case (byte)'a': object? item = Pop(); Peek<List<object?>>().Add(item); return true;
            case (byte)'e' or 0x90: object?[] added = PopToMark(); Peek<List<object?>>().AddRange(added); return true;
            case (byte)'s': object? value = Pop(), key = Pop(); Fill(Dictionary(Peek<object>()), [key, value]); return true;
            case (byte)'u': object?[] pairs = PopToMark(); Fill(Dictionary(Peek<object>()), pairs); return true;
            default: return false;
        }
    }

    private bool Memory(byte code)
    {
        switch (code)
        {
            case (byte)'p': return Remember(Index(cursor.ReadLine()));
            case (byte)'q': return Remember(cursor.ReadByte());
            case (byte)'r': return Remember((uint)cursor.ReadInt32());
            case 0x94: return Remember(_memo.Count);
            case (byte)'g': return Push(Recall(Index(cursor.ReadLine())));
            case (byte)'h': return Push(Recall(cursor.ReadByte()));
            case (byte)'j': return Push(Recall((uint)cursor.ReadInt32()));
            default: return false;
        }
    }

    private bool Object(byte code)
    {
        switch (code)
        {
            case (byte)'c': return Push(AllowedCalls.Name(cursor.ReadLine(), cursor.ReadLine(), cursor.Path));
            case 0x93: string name = Pop<string>(); return Push(AllowedCalls.Name(Pop<string>(), name, cursor.Path)); // STACK_GLOBAL
            case (byte)'Q': return Push(persistent(Pop<PickleTuple>()));
            case (byte)'R':
                PickleTuple arguments = Pop<PickleTuple>();
                return Push(AllowedCalls.Call(Pop<PickleGlobal>(), arguments.Items, cursor.Path));
            case 0x81: // NEWOBJ
                PickleTuple initial = Pop<PickleTuple>();
                return Push(AllowedCalls.New(Pop<PickleGlobal>(), initial.Items, cursor.Path));
            case (byte)'b': object? state = Pop(); AllowedCalls.SetState(Peek<object>(), state, cursor); return true;
            default: return false;
        }
    }

    private bool Push(object? value)
    {
        if (++_values > MostValues)
            throw new WeightsFormatException(cursor.Path, $"its pickle creates more than {MostValues} values, more than any network needs.");
        _stack.Add(value);
        return true;
    }

    private object? Pop()
    {
        int last = _stack.Count - 1;
        if (last < (_marks.Count > 0 ? _marks[^1] : 0)) throw cursor.Broken("it takes a value from an empty stack.");
        object? value = _stack[last];
        _stack.RemoveAt(last);
        return value;
    }

    private T Pop<T>() => Pop() is T value ? value : throw cursor.Broken("a value has the wrong kind.");

    private T Peek<T>() where T : class
    {
        if (_stack.Count == 0) throw cursor.Broken("it takes a value from an empty stack.");
        return typeof(T) == typeof(object) ? (T)_stack[^1]! : _stack[^1] as T ?? throw cursor.Broken("a value has the wrong kind.");
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0) throw cursor.Broken("it uses a mark that was not set.");
        int mark = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        object?[] items = [.. _stack[mark..]];
        _stack.RemoveRange(mark, items.Length);
        return items;
    }

    private bool Remember(long index)
    {
        _memo[index] = Peek<object>();
        return _memo.Count <= MostValues;
    }

    private object? Recall(long index)
        => _memo.TryGetValue(index, out object? value) ? value : throw cursor.Broken("it recalls a value that was never stored.");

    private long Index(string line)
        => uint.TryParse(line, CultureInfo.InvariantCulture, out uint index) ? index : throw cursor.Broken("a memo has an invalid number.");

    private object Integer(string text)
        => text.Length <= 1024 && BigInteger.TryParse(text, CultureInfo.InvariantCulture, out BigInteger number)
            ? Small(number)
            : throw cursor.Broken("not a number.");

    private static object Integer(byte[] littleEndian) => Small(new BigInteger(littleEndian));

    private static object Small(BigInteger number) => number >= long.MinValue && number <= long.MaxValue ? (object)(long)number : number;

    private PickleDictionary Dictionary(object? value) => value switch
    {
        PickleDictionary dictionary => dictionary,
        PickleObject derived => derived.Attributes,
        _ => throw cursor.Broken("items are set in something that is not a dictionary."),
    };

    private PickleDictionary Fill(PickleDictionary dictionary, object?[] pairs)
    {
        if (pairs.Length % 2 != 0) throw cursor.Broken("a key has no value.");
        for (int i = 0; i < pairs.Length; i += 2) dictionary.Set(pairs[i], pairs[i + 1]);
        return dictionary;
    }
}
