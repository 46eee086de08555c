using System.Net;
using System.Text;
using CsCheck;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Responses;

/// <summary>A list has each object in the very bytes that a GET of it has, whatever their sizes.</summary>
public sealed class ListBytesTests : IAsyncLifetime
{
    private static readonly Gen<int> Sizes = Gen.OneOf(Gen.Int[0, 300], Gen.Int[15_500, 17_000], Gen.Int[60_000, 70_000], Gen.Int[250_000, 270_000]);

    // Some lists are large, and take turns.
    private readonly GatewayFixture _gateway = new()
    {
        Options = new GatewayOptions { ListenAddress = IPAddress.Loopback, Port = 0, LargeListObjects = 4, LargeListSeats = 1 },
    };

    private int _namespaces;

    public async ValueTask InitializeAsync() => await _gateway.InitializeAsync();

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task List_OfObjectsOfAnySizes_HasTheBytesOfEach() =>
        await Sizes.Array[0, 12].SampleAsync(ListHasTheBytesOfEachAsync, iter: 40, threads: 1);

    private async Task ListHasTheBytesOfEachAsync(int[] sizes)
    {
        var maps = $"/api/v1/namespaces/n{Interlocked.Increment(ref _namespaces)}/configmaps";
        var items = new List<string>();
        for (var i = 0; i < sizes.Length; i++)
        {
            // Two bytes each, so that a character may lie across the end of a block.
            var name = $"of-{i:D3}";
            await _gateway.CreateAsync(maps, $$$"""{"metadata":{"name":"{{{name}}}"},"data":{"value":"{{{new string('ä', sizes[i] / 2)}}}"}}""");
            items.Add(await GetAsync($"{maps}/{name}", HttpVersion.Version20));
        }

        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            var list = await GetAsync(maps, version);
            var start = list.IndexOf("\"items\":[", StringComparison.Ordinal);
            list[start..].ShouldBe($"\"items\":[{string.Join(',', items)}]}}");
        }

        var pretty = await GetAsync($"{maps}?pretty=true", HttpVersion.Version20);
        pretty.Split("\"of-").Length.ShouldBe(sizes.Length + 1);
    }

    private async Task<string> GetAsync(string path, Version version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await _gateway.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }
}
