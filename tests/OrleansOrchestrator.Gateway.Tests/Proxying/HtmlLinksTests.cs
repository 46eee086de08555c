using System.IO.Compression;
using System.Text;
using CsCheck;
using OrleansOrchestrator.Gateway.Proxying;

namespace OrleansOrchestrator.Gateway.Tests.Proxying;

/// <summary>Links in pages that pass through the proxy.</summary>
public sealed class HtmlLinksTests
{
    private static readonly string[] Pieces =
        ["<a href='/x'>", "<a href=\"", "/y\"", ">", "<!--", "-->", "<script>", "</script>", "<", "text", "'", "=", " ", "<img src=/z>", "<ti"];

    [Theory]
    [InlineData("<a href=\"/x\">/x</a>", "<a href=\"/P/x\">/x</a>")]
    [InlineData("<A CLASS='b' HREF = '/x?a=b&amp;c'>", "<A CLASS='b' HREF = '/P/x?a=b&amp;c'>")]
    [InlineData("<img src=/x.png alt=\"a > b\">", "<img src=/P/x.png alt=\"a > b\">")]
    [InlineData("<img alt=\"href='/x'\" src='/y'/>", "<img alt=\"href='/x'\" src='/P/y'/>")]
    [InlineData("<div href=\"/x\"><p title='/y'>", "<div href=\"/x\"><p title='/y'>")]
    [InlineData("<a data-href=\"/x\" href=\"y\">", "<a data-href=\"/x\" href=\"y\">")]
    [InlineData("<!-- <a href=\"/x\"> --><a href=\"/y\">", "<!-- <a href=\"/x\"> --><a href=\"/P/y\">")]
    [InlineData("<script src='/s.js'>if (a<b) s = '<a href=\"/x\">'</SCRIPT><a href=\"/y\">", "<script src='/P/s.js'>if (a<b) s = '<a href=\"/x\">'</SCRIPT><a href=\"/P/y\">")]
    [InlineData("<form action='/f'><input formaction='/g' src='/h'><button formaction='/i'>", "<form action='/P/f'><input formaction='/P/g' src='/P/h'><button formaction='/P/i'>")]
    [InlineData("1 < 2 and <3 & <a href=\"/x\">", "1 < 2 and <3 & <a href=\"/P/x\">")]
    [InlineData("<a title=it's href=\"/x\">don't</a>", "<a title=it's href=\"/P/x\">don't</a>")]
    [InlineData("<a href=\"/x", "<a href=\"/x")]
    [InlineData("<!DOCTYPE html><a\n\thref=\n\"/x\">\u00e4", "<!DOCTYPE html><a\n\thref=\n\"/P/x\">\u00e4")]
    public async Task Link_OfAPage_IsRewrittenWhereItIsOne(string page, string expected) => (await RewriteAsync(page, "")).ShouldBe(expected);

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Page_ThatIsCompressed_StaysSo(string encoding) => (await RewriteAsync("<a href=\"/x\">", encoding)).ShouldBe("<a href=\"/P/x\">");

    /// <summary>Where the page is cut on its way makes no difference.</summary>
    [Fact]
    public Task Page_CutAnywhere_IsRewrittenAlike() =>
        Gen.Select(
            Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]).List[0, 20],
            Gen.Int[1, 9].List[1, 5]).SampleAsync(async (parts, cuts) =>
        {
            var page = string.Concat(parts);
            (await RewriteAsync(page, "", cuts)).ShouldBe(await RewriteAsync(page, ""));
        });

    [Fact]
    public async Task Page_OfOneTagWithoutEnd_PassesAsItIs()
    {
        var page = "<a href=\"/" + new string('x', 300_000);
        (await RewriteAsync(page, "")).ShouldBe(page);
    }

    [Fact]
    public async Task Page_OfOneTagThatComesByteByByte_CostsLittleForEach()
    {
        var page = "<a href='" + new string('x', 60_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        (await RewriteAsync(page, "", [1])).ShouldBe(page);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000_000);
    }

    private static async Task<string> RewriteAsync(string page, string encoding, List<int>? cuts = null)
    {
        var output = new MemoryStream();
        await new HtmlLinks(link => link.StartsWith('/') ? "/P" + link : link).CopyAsync(
            new CutStream(Pack(Encoding.UTF8.GetBytes(page), encoding), cuts ?? [int.MaxValue]), encoding, output, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(Unpack(output.ToArray(), encoding));
    }

    private static byte[] Pack(byte[] bytes, string encoding)
    {
        var packed = new MemoryStream();
        using (var stream = encoding switch { "gzip" => (Stream)new GZipStream(packed, CompressionMode.Compress), "deflate" => new ZLibStream(packed, CompressionMode.Compress), _ => packed })
            stream.Write(bytes);
        return packed.ToArray();
    }

    private static byte[] Unpack(byte[] bytes, string encoding)
    {
        var plain = new MemoryStream();
        using var stream = encoding switch { "gzip" => (Stream)new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress), "deflate" => new ZLibStream(new MemoryStream(bytes), CompressionMode.Decompress), _ => new MemoryStream(bytes) };
        stream.CopyTo(plain);
        return plain.ToArray();
    }

    /// <summary>A page that arrives in pieces.</summary>
    private sealed class CutStream(byte[] bytes, List<int> cuts) : MemoryStream(bytes)
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, cuts[_reads++ % cuts.Count])], cancellationToken);
    }
}
