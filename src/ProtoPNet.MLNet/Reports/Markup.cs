using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace ProtoPNet.MLNet.Reports;

/// <summary>
/// Finished HTML. Made from interpolated strings only: what stands in the literal is HTML, what stands in a hole is text and is escaped,
/// unless it is markup itself.
/// </summary>
internal readonly record struct Markup
{
    private readonly string? _html;

    private Markup(string html) => _html = html;

    public static Markup Empty => default;

    /// <summary>The string, its holes escaped.</summary>
    public static Markup Of(ref Builder html) => new(html.ToString());

    /// <summary>Text that is HTML already: styles, scripts, pictures. Never anything that a user named.</summary>
    public static Markup Trusted(string html) => new(html);

    public override string ToString() => _html ?? "";

    /// <summary>Takes an interpolated string apart.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Builder
    {
        private readonly StringBuilder _text;

        public Builder(int literalLength, int formattedCount) => _text = new(literalLength + 16 * formattedCount);

        public void AppendLiteral(string html) => _text.Append(html);

        public void AppendFormatted(Markup html) => _text.Append(html.ToString());

        public void AppendFormatted(IEnumerable<Markup> parts)
        {
            foreach (Markup part in parts) _text.Append(part.ToString());
        }

        public void AppendFormatted(string? text) => _text.Append(WebUtility.HtmlEncode(text));

        public void AppendFormatted(IFormattable value, string? format = null)
            => _text.Append(WebUtility.HtmlEncode(value.ToString(format, CultureInfo.InvariantCulture)));

        public override string ToString() => _text.ToString();
    }
}
