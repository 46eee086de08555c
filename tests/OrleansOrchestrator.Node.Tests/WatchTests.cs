using System.Net;
using System.Text;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Tests;

public sealed class WatchTests
{
    [Fact]
    public void Parse_AnyOrderOfMembers_FindsTypeAndObject()
    {
        var ordered = WatchLineReader.Parse<V1Pod>("""{"type":"ADDED","object":{"metadata":{"name":"a"}}}"""u8.ToArray());
        var turned = WatchLineReader.Parse<V1Pod>("""{"object":{"type":"x","metadata":{"name":"b"}},"type":"DELETED"}"""u8.ToArray());

        ordered.ShouldSatisfyAllConditions(e => e.Kind.ShouldBe(WatchEventKind.Added), e => e.Object.Metadata.Name.ShouldBe("a"));
        turned.ShouldSatisfyAllConditions(e => e.Kind.ShouldBe(WatchEventKind.Deleted), e => e.Object.Metadata.Name.ShouldBe("b"));
    }

    [Fact]
    public void Parse_Error_ThrowsTheStatus()
    {
        var line = """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"""u8.ToArray();

        var exception = Should.Throw<ApiException>(() => WatchLineReader.Parse<V1Pod>(line));

        exception.IsGone.ShouldBeTrue();
        exception.StatusCode.ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task Read_CutAnywhere_GivesTheSameEvents()
    {
        var text = string.Concat(Enumerable.Range(0, 5).Select(i => $$"""{"type":"MODIFIED","object":{"metadata":{"name":"p{{i}}"} } }""" + "\n"));
        var bytes = Encoding.UTF8.GetBytes(text);
        await Gen.Int[1, 40].SampleAsync(async chunk =>
        {
            var names = new List<string>();
            await foreach (var change in WatchLineReader.ReadAsync<V1Pod>(new ChunkedStream(bytes, chunk), CancellationToken.None))
                names.Add(change.Object.Metadata.Name);
            names.ShouldBe(["p0", "p1", "p2", "p3", "p4"]);
        });
    }

    private sealed class ChunkedStream(byte[] content, int chunk) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
    }
}
