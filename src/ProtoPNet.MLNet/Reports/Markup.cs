using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace ProtoPNet.MLNet.Reports;

/// <summary>
/// Finished HTML, made only from interpolated strings: literals are HTML, interpolated values are text and are escaped unless they are markup.
/// </summary>
internal readonly record struct Markup
{
    private readonly string? _html;

    private Markup(string html) => _html = html;

    public static Markup Empty => default;

    /// <summary>The string, with interpolated values escaped.</summary>
    public static Markup Of(ref Builder html) => new(html.ToString());

    /// <summary>Text that is already HTML: styles, scripts, pictures. Never user input.</summary>
    public static Markup Trusted(string html) => new(html);

    public override string ToString() => _html ?? "";

    /// <summary>The interpolated-string handler.</summary>
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
