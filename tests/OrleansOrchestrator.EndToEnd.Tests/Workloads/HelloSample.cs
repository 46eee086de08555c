using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>The sample of the documentation, in a namespace of its own.</summary>
internal sealed class HelloSample(DevCluster cluster, string space)
{
    private const string SampleImage = "busybox:1.36";

    private static string Folder => Path.Combine(OrchestratorProgram.Repository, "samples", "hello");

    private Kubectl Kubectl => cluster.Kubectl;

    /// <summary>Creates the namespace and applies the sample's files.</summary>
    /// <param name="image">The image instead of the sample's, which no registry gives out here.</param>
    public async Task ApplyAsync(string image)
    {
        await Kubectl.RunAsync("create", "namespace", space);
        foreach (var file in Directory.GetFiles(Folder, "*.yaml"))
        {
            var text = (await File.ReadAllTextAsync(file)).Replace(SampleImage, image, StringComparison.Ordinal);
            await Kubectl.RunWithInputAsync(text, "apply", "-n", space, "-f", "-");
        }
    }

    /// <summary>Waits until there are so many pods, all of them running and ready.</summary>
    public async Task<IReadOnlyList<JsonNode>> WaitForReadyPodsAsync(int count)
    {
        IReadOnlyList<JsonNode> pods = [];
        await Eventually.PassesAsync(async () =>
        {
            pods = await PodsAsync();
            pods.Where(pod => !IsReady(pod)).Select(pod => $"{NameOf(pod)} is {pod["status"]?["phase"]}").ShouldBeEmpty();
            pods.Count.ShouldBe(count);
        });
        return pods;
    }

    /// <summary>The sample's pods.</summary>
    public Task<IReadOnlyList<JsonNode>> PodsAsync() => cluster.Api.ListAsync($"/api/v1/namespaces/{space}/pods?labelSelector=app%3Dhello");

    /// <summary>The address and port of a service, as a URL.</summary>
    public async Task<Uri> ServiceAddressAsync(string name = "hello")
    {
        var service = await cluster.Api.GetAsync($"/api/v1/namespaces/{space}/services/{name}");
        return new Uri($"http://{service["spec"]!["clusterIP"]}:80/");
    }

    /// <summary>Asks the service until each of the pods has answered.</summary>
    public async Task WaitForAnswersFromAsync(IReadOnlyList<string> pods)
    {
        var address = await ServiceAddressAsync();
        var answered = new HashSet<string>(StringComparer.Ordinal);
        await Eventually.PassesAsync(async () =>
        {
            answered.Add(await AskAsync(address));
            answered.ShouldBeSubsetOf(pods.Select(pod => $"hello from {pod}"));
            answered.Count.ShouldBe(pods.Count);
        });
    }

    /// <summary>What a service answers.</summary>
    public static async Task<string> AskAsync(Uri address)
    {
        // A connection per question: the proxy chooses a pod per connection.
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        return (await client.GetStringAsync(address)).Trim();
    }

    /// <summary>Whether a pod runs, all its containers are ready, and it is not going away.</summary>
    public static bool IsReady(JsonNode pod) =>
        pod["metadata"]!["deletionTimestamp"] is null
        && (string?)pod["status"]?["phase"] == "Running"
        && pod["status"]!["conditions"]!.AsArray().Any(item => (string?)item!["type"] == "Ready" && (string?)item["status"] == "True");

    /// <summary>A pod's name.</summary>
    public static string NameOf(JsonNode pod) => (string)pod["metadata"]!["name"]!;

    /// <summary>The status of a pod's only container.</summary>
    public static JsonNode ContainerOf(JsonNode pod) => pod["status"]!["containerStatuses"]![0]!;

    /// <summary>The process that serves for a pod. It may have children for a moment: one for each connection.</summary>
    public static int ProcessOf(string pod) =>
        HostProcesses.WithoutChildren(HostProcesses.WithEnvironment("POD_NAME", pod)).ShouldHaveSingleItem();
}
