using System.Net;
using System.Text.Json;
using CsCheck;
using ProtoPNet.MLNet.Reports;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Reports;

/// <summary>The small parts of pages: escaping, numbers, colours, axes.</summary>
public class MarkupTests
{
    [Fact]
    public void Text_in_holes_is_escaped_and_comes_back_unchanged()
        => Gen.String.Sample(text =>
        {
            string html = Markup.Of($"<i>{text}</i>").ToString()[3..^4];
            Assert.DoesNotContain('<', html);
            Assert.DoesNotContain('"', html);
            Assert.Equal(text, WebUtility.HtmlDecode(html));
        });

    [Fact]
    public void Markup_in_holes_is_not_escaped_again()
        => Assert.Equal("<p><b>a &amp; b</b></p>", Markup.Of($"<p>{Markup.Of($"<b>{"a & b"}</b>")}</p>").ToString());

    [Theory]
    [InlineData(1.234, "+1.23")]
    [InlineData(-1.5, "−1.50")]
    [InlineData(-0.001, "0.00")]
    [InlineData(0.004, "0.00")]
    public void Numbers_have_true_signs(double value, string text) => Assert.Equal(text, Figures.SignedText(value));

    [Theory]
    [InlineData(1, "100 %")]
    [InlineData(0.99999, "> 99.9 %")]
    [InlineData(0.1234, "12.3 %")]
    [InlineData(1e-6, "< 0.1 %")]
    [InlineData(0, "0 %")]
    public void Probabilities_are_never_rounded_to_certainty(double value, string text) => Assert.Equal(text, Figures.PercentText(value));

    [Fact]
    public void Colours_are_those_of_the_published_overlays()
    {
        foreach ((int level, JsonElement colour) in Shared.Golden("jet.json").EnumerateArray().Index())
        {
            (byte red, byte green, byte blue) = HeatMap.Jet(level);
            int[] published = [.. colour.EnumerateArray().Select(channel => channel.GetInt32())];
            // One of the 768 channels is rounded differently there.
            Assert.All(published.Zip([red, green, blue]), channel => Assert.InRange(channel.Second - channel.First, 0, level == 159 ? 1 : 0));
        }
    }

    [Fact]
    public void Axes_enclose_their_values_with_few_round_ticks()
        => Gen.Select(Gen.Double[-1e3, 1e3], Gen.Double[1e-3, 1e6]).Sample((low, span) =>
        {
            double[] ticks = LineChart.Ticks(low, low + span);
            Assert.InRange(ticks.Length, 2, 8);
            Assert.True(ticks[0] <= low + 1e-6 * span && ticks[^1] >= low + span - 1e-6 * span);
        });
}
