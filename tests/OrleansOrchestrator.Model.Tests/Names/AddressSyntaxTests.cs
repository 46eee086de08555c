using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Model.Tests.Names;

public sealed class AddressSyntaxTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("010.000.0.01", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("FD00::0001", "fd00::1")]
    public void Canonical_OfAnAddress_IsItsOneText(string text, string canonical) => AddressSyntax.Canonical(text).ShouldBe(canonical);

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("10.1")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.1.")]
    [InlineData(" 10.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("fe80::1%eth0")]
    public void Parse_OfAnythingElse_IsRefused(string text)
    {
        AddressSyntax.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => AddressSyntax.Parse(text));
    }

    [Theory]
    [InlineData("10.96.0.0/16", "10.96.0.0/16")]
    [InlineData("010.0.0.0/8", "10.0.0.0/8")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("fd00::/8", "fd00::/8")]
    [InlineData("10.0.0.1/32", "10.0.0.1/32")]
    [InlineData("10.0.0.1/24", null)]
    [InlineData("10.0.0.0/33", null)]
    [InlineData("10/8", null)]
    [InlineData("10.0.0.0", null)]
    public void TryParseNetwork_OfAText_TakesNetworksOnly(string text, string? network) =>
        (AddressSyntax.TryParseNetwork(text, out var parsed) ? parsed.ToString() : null).ShouldBe(network);
}
