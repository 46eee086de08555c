using System.Buffers;
using CsCheck;
using OrleansOrchestrator.Node.Spdy;

namespace OrleansOrchestrator.Node.Tests.Streams.Spdy;

/// <summary>Compressed headers. The blocks are those of zlib with SPDY's dictionary, one after the other.</summary>
public sealed class HeaderReaderTests : IDisposable
{
    private const string First = "78f9e3c6a7c202253a703a2b294a4dcc851625aca9a0808614cb45e01c6061606100a4398b20d198094ade8c0600000000ffff";
    private const string Second = "c2aa19540e2512d60b000000ffff";
    private const string Third = "02654b2ca518273c3051ca7ce644862400000000ffff";

    // 54 bytes for a header of 30,000.
    private const string Bomb = "78f9e3c6a7c2ecd2410d0030080031e6087324cc3dccc39e6d720e6e3f3aaf8ea8bc00000000000000000000000000000000000000000000000000000000009f0c000000ffff";

    private readonly HeaderReader _reader = new();

    [Fact]
    public void Blocks_CompressedWithTheDictionary_AreReadInOrder()
    {
        Read(First).ShouldBe(new Dictionary<string, string> { ["streamtype"] = "error", ["port"] = "8080", ["requestid"] = "0" });
        Read(Second).ShouldBe(new Dictionary<string, string> { ["streamtype"] = "data", ["port"] = "8080", ["requestid"] = "0" });
        Read(Third).ShouldBe(new Dictionary<string, string> { ["content-type"] = "text/html", ["accept"] = "a" }, "of several values the first counts");
    }

    [Theory]
    [InlineData(Bomb, "headers are larger than")]
    [InlineData("", "not compressed with zlib")]
    [InlineData("ffffffffffffffff", "not compressed with zlib")]
    [InlineData("7801000400fbff7fffffff", "more than 64 headers")]
    [InlineData("7801000400fbff00000001", "truncated")]
    [InlineData("780107", "not compressed with zlib")]
    [InlineData("7801070000000000", "cannot be decompressed")]
    public void Block_ThatIsHostile_IsRefused(string block, string reason) =>
        Should.Throw<SpdyException>(() => Read(block)).Message.ShouldContain(reason);

    [Fact]
    public void Block_OfAnyBytes_IsReadOrRefused() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, 3]).Sample((bytes, kind) =>
        {
            using var reader = new HeaderReader();
            byte[] begin = kind switch { 0 => [], 1 => [0x78, 0x01], 2 => Convert.FromHexString(First), _ => Convert.FromHexString(First)[..20] };
            try
            {
                reader.Read(new ReadOnlySequence<byte>([.. begin, .. bytes]));
                reader.Read(new ReadOnlySequence<byte>(bytes));
            }
            catch (SpdyException)
            {
                // What is no block must be refused.
            }
        });

    [Fact]
    public void Headers_Written_AreReadAgain() =>
        Gen.Dictionary(Gen.String[Gen.Char["abcö-"], 1, 10], Gen.String[Gen.Char["ab ö/"], 0, 50])[0, 20].Array[1, 4].Sample(
            blocks =>
            {
                using var reader = new HeaderReader();
                var writer = new HeaderWriter();
                foreach (var headers in blocks)
                    reader.Read(new ReadOnlySequence<byte>(writer.Write(headers))).ShouldBe(headers, ignoreOrder: true);
            });

    public void Dispose() => _reader.Dispose();

    private IReadOnlyDictionary<string, string> Read(string block) => _reader.Read(new ReadOnlySequence<byte>(Convert.FromHexString(block)));
}
