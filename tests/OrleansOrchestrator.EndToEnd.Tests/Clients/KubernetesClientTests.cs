using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Clients;

/// <summary>A session of KubernetesClient, the official client for .NET.</summary>
public sealed class KubernetesClientTests(HollowCluster hollow) : HollowTest(hollow)
{
    private const string Session = "session=net";

    private IKubernetes _client = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(Cluster.Member.KubeConfig));
        AtEnd(() =>
        {
            _client.Dispose();
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task DotNetClient_ChangesAndPatches_GoAsWithKubernetes()
    {
        var created = await CreateAsync("a", "1");
        created.Metadata.CreationTimestamp.ShouldNotBeNull();
        var read = await _client.CoreV1.ReadNamespacedConfigMapAsync("a", UniqueName, cancellationToken: Cancelled);
        read.Data["key"] = "2";
        await _client.CoreV1.ReplaceNamespacedConfigMapAsync(read, "a", UniqueName, cancellationToken: Cancelled);

        (await CodeAsync(() => _client.CoreV1.ReplaceNamespacedConfigMapAsync(created, "a", UniqueName, cancellationToken: Cancelled)))
            .ShouldBe(HttpStatusCode.Conflict);
        (await PatchAsync("""[{"op":"replace","path":"/data/key","value":"3"}]""", V1Patch.PatchType.JsonPatch)).Data["key"].ShouldBe("3");
        (await PatchAsync("""{"data":{"key":null,"other":"4"}}""", V1Patch.PatchType.MergePatch)).Data.Keys.ShouldBe(["other"]);
        (await PatchAsync("""{"metadata":{"labels":{"more":"x"}}}""", V1Patch.PatchType.StrategicMergePatch))
            .Metadata.Labels.Keys.ShouldBe(["session", "more"], ignoreOrder: true);
        (await _client.CoreV1.DeleteNamespacedConfigMapAsync("a", UniqueName, cancellationToken: Cancelled)).Status.ShouldBe("Success");
        (await CodeAsync(() => _client.CoreV1.ReadNamespacedConfigMapAsync("a", UniqueName, cancellationToken: Cancelled)))
            .ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task DotNetClient_ListByPages_GivesEachObjectOnce()
    {
        foreach (var name in new[] { "a", "b", "c", "d", "e" })
            await CreateAsync(name, name);

        var names = new List<string>();
        string? next = null;
        do
        {
            var page = await _client.CoreV1.ListNamespacedConfigMapAsync(
                UniqueName, labelSelector: Session, limit: 2, continueParameter: next, cancellationToken: Cancelled);
            page.Items.Count.ShouldBeLessThanOrEqualTo(2);
            names.AddRange(page.Items.Select(item => item.Metadata.Name));
            next = page.Metadata.ContinueProperty;
        }
        while (!string.IsNullOrEmpty(next));

        names.ShouldBe(["a", "b", "c", "d", "e"]);
    }

    [Fact]
    public async Task DotNetClient_WatchResumedFromAVersion_MissesAndRepeatsNothing()
    {
        var start = (await CreateAsync("a", "0")).Metadata.ResourceVersion;
        foreach (var value in new[] { "1", "2", "3" })
            await PatchAsync($$$"""{"data":{"key":"{{{value}}}"}}""", V1Patch.PatchType.MergePatch);

        var first = await WatchAsync(start, 2);
        var rest = await WatchAsync(first[^1].Metadata.ResourceVersion, 1);

        first.Select(item => item.Data["key"]).ShouldBe(["1", "2"]);
        rest.Select(item => item.Data["key"]).ShouldBe(["3"]);
    }

    private Task<V1ConfigMap> CreateAsync(string name, string value) => _client.CoreV1.CreateNamespacedConfigMapAsync(
        new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["session"] = "net" } },
            Data = new Dictionary<string, string> { ["key"] = value },
        },
        UniqueName,
        cancellationToken: Cancelled);

    private Task<V1ConfigMap> PatchAsync(string patch, V1Patch.PatchType type) =>
        _client.CoreV1.PatchNamespacedConfigMapAsync(new V1Patch(patch, type), "a", UniqueName, cancellationToken: Cancelled);

    private async Task<List<V1ConfigMap>> WatchAsync(string version, int count)
    {
        var changed = new List<V1ConfigMap>();
        var events = _client.CoreV1.WatchListNamespacedConfigMapAsync(
            UniqueName, labelSelector: Session, resourceVersion: version, cancellationToken: Cancelled);
        await foreach (var (type, item) in events)
        {
            type.ShouldBe(WatchEventType.Modified);
            changed.Add(item);
            if (changed.Count == count)
                break;
        }

        return changed;
    }

    private static async Task<HttpStatusCode> CodeAsync(Func<Task> action) =>
        (await Should.ThrowAsync<HttpOperationException>(action)).Response.StatusCode;
}
