using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

/// <summary>
/// Objects that together are larger than any message between silos may be: every silo sees all of them. Messages may be smaller here than
/// in the product, which takes 100 MB, so that fewer objects are too many.
/// </summary>
public sealed class LargeObjectTests : IAsyncLifetime
{
    private const int Count = 26;
    private const int Changed = 12;
    private const int ObjectBytes = 950_000;
    private const int MessageBytesMax = 20_000_000;

    // Less than what happens: a watch that comes back has to read the log.
    private static readonly ControlPlaneOptions Options = new() { Store = new StoreOptions { HistoryBytesMax = 8_000_000 } };

    private SiloGroup _group = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IReadOnlyList<InProcessSiloHandle> Silos => _group.Silos;

    public async ValueTask InitializeAsync() => _group = await SiloGroup.StartAsync(
        Options, (_, services) => services.Configure<SiloMessagingOptions>(messaging => messaging.MaxMessageBodySize = MessageBytesMax));

    public ValueTask DisposeAsync() => _group.DisposeAsync();

    [Fact]
    public async Task LargeObjects_OnEverySilo_AreListedWatchedChangedAndDeleted()
    {
        // All of them at once, from a silo of which the store is not.
        var store = await _group.HostOfAsync(SiloGroup.Grain<IResourceStoreGrain>(Silos[0], "configmaps").GetGrainId());
        var writer = Silos.First(silo => silo != store);
        var created = await writer.ServiceProvider.GetRequiredService<ObjectClient>()
            .CreateManyAsync(Samples.Maps, [.. Enumerable.Range(0, Count).Select(Large)], ApiUser.Options);
        created.ShouldAllBe(outcome => outcome.Refused == null);

        // Caches are filled: a snapshot of more than a message.
        long revision = 0;
        foreach (var silo in Silos)
        {
            var page = await ListAsync(silo);
            page.Objects.Count.ShouldBe(Count);
            page.Objects.ShouldAllBe(map => map.Json.Length > ObjectBytes);
            revision = page.Revision;
        }

        // Changes by all silos at once.
        await Task.WhenAll(Enumerable.Range(0, Changed).Select(i => SiloGroup.ApiOf(Silos[i % Silos.Count])
            .PatchAsync<V1ConfigMap>("default", Name(i), PatchType.MergePatch, """{"data":{"changed":"yes"}}""")));
        foreach (var silo in Silos)
            (await WatchAsync(silo, revision, Changed)).ShouldAllBe(told => told.Type == WatchEventType.Modified && told.Object!.Json.Length > ObjectBytes);

        var deleted = await SiloGroup.ApiOf(writer).Objects.DeleteCollectionAsync(
            Samples.Maps, new ListQuery(ObjectFilter.InNamespace("default"), Freshness.Latest), new DeletionOptions(), ApiUser.Options, Cancellation);
        deleted.Objects.Count.ShouldBe(Count);
        foreach (var silo in Silos)
        {
            (await ListAsync(silo)).Objects.ShouldBeEmpty();
            (await silo.ServiceProvider.GetRequiredService<CacheHealth>().CheckAsync(Cancellation)).ShouldBeNull();
        }

        // A watch that comes back reads what happened from the log: changes of more than a message.
        (await WatchAsync(writer, revision, Changed + Count)).Count(told => told.Type == WatchEventType.Deleted).ShouldBe(Count);
    }

    [Fact]
    public async Task Object_ThatIsLargerThanObjectsMayBe_IsRefusedOnEverySilo()
    {
        foreach (var silo in Silos)
        {
            var api = SiloGroup.ApiOf(silo);
            var secret = new V1Secret
            {
                Metadata = new V1ObjectMeta { Name = "large", NamespaceProperty = "default", Annotations = new Dictionary<string, string>() },
                Data = new Dictionary<string, byte[]> { ["data"] = new byte[1_000_000] },
            };
            await api.CreateAsync(secret);

            // Base64 makes 1.33 MB of the data; with the annotations it is 1.58 MB.
            var patch = """{"metadata":{"annotations":{"a":"…"}}}""".Replace("…", new string('x', 250_000), StringComparison.Ordinal);
            var refused = await Should.ThrowAsync<ApiException>(() => api.PatchAsync<V1Secret>("default", "large", PatchType.MergePatch, patch));
            (refused.Code, refused.Status.Message).ShouldBe((413, "Request entity too large: limit is 1572864"));
            await api.DeleteAsync<V1Secret>("default", "large");
        }
    }

    private static V1ConfigMap Large(int i) => Samples.MapModel("default", Name(i), new string('x', ObjectBytes));

    private static string Name(int i) => $"large-{i:d3}";

    private static async Task<ObjectPage> ListAsync(InProcessSiloHandle silo) => await SiloGroup.ApiOf(silo).Objects.ListAsync(
        Samples.Maps, new ListQuery(ObjectFilter.InNamespace("default"), Freshness.Latest), Cancellation);

    private static async Task<List<WatchEvent>> WatchAsync(InProcessSiloHandle silo, long after, int count)
    {
        var seen = new List<WatchEvent>();
        var watch = SiloGroup.ApiOf(silo).Objects.WatchAsync(
            Samples.Maps, new WatchQuery(ObjectFilter.InNamespace("default"), after, Freshness.Any), Cancellation);
        await foreach (var events in watch)
        {
            seen.AddRange(events);
            if (seen.Count >= count)
                break;
        }

        seen.Select(told => told.Revision).ShouldBeInOrder();
        return seen;
    }
}
