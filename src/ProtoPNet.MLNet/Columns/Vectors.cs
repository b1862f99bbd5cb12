using Microsoft.ML.Data;

namespace ProtoPNet.MLNet.Columns;

internal static class Vectors
{
    /// <summary>Fills a dense vector, reusing its memory if large enough.</summary>
    public static void CopyTo<T>(this Span<T> from, ref VBuffer<T> to) => ((ReadOnlySpan<T>)from).CopyTo(ref to);

    /// <inheritdoc cref="CopyTo{T}(Span{T}, ref VBuffer{T})"/>
    public static void CopyTo<T>(this ReadOnlySpan<T> from, ref VBuffer<T> to)
    {
        VBufferEditor<T> editor = VBufferEditor.Create(ref to, from.Length);
        from.CopyTo(editor.Values);
        to = editor.Commit();
    }
}
