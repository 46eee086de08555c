using System.Text.Json.Nodes;
using k8s;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Golden;

/// <summary>Every case below <c>cases/</c>, against a running cluster, in a namespace of its own.</summary>
/// <remarks>
/// Some answers tell of the whole cluster, so that no other test has it at the same time.
/// With <c>ORCHESTRATOR_GOLDEN_ACCEPT=1</c> in the environment the answers are written down as expected instead of compared.
/// </remarks>
public sealed class GoldenTests(HollowCluster hollow) : EndToEndTest, IClassFixture<HollowCluster>
{
    private static readonly bool Accepts = Environment.GetEnvironmentVariable("ORCHESTRATOR_GOLDEN_ACCEPT") == "1";

    public static TheoryData<string> Cases => [.. GoldenCase.Names];

    private ApiConnection Api => hollow.Cluster.Api;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Api_OfACase_AnswersAsExpected(string name)
    {
        var golden = GoldenCase.Of(name);
        await OwnNamespaceAsync(Api);
        foreach (var manifest in golden.Objects)
            await CreateAsync(manifest);

        var answers = await ExchangeAsync(golden.Requests);

        if (Accepts)
            golden.Accept(answers);
        else
            answers.ShouldBe(golden.Expected);
    }

    [Fact]
    public void Cases_AreAsManyAsPromised_AndEachHasItsAnswer()
    {
        GoldenCase.Names.Count().ShouldBeGreaterThanOrEqualTo(150);
        GoldenCase.Names.Where(name => GoldenCase.Of(name).Expected.Length == 0).ShouldBeEmpty();
    }

    private async Task<string> ExchangeAsync(IReadOnlyList<string> requests)
    {
        var answers = new List<string>();
        JsonNode? before = null;
        foreach (var message in requests)
        {
            using var request = GoldenText.ReadRequest(message, UniqueName, before);
            using var answer = await Api.SendAsync(request);
            var body = await answer.Content.ReadAsStringAsync(Cancelled);
            answers.Add(GoldenText.Write(answer, body, UniqueName));
            before = body.StartsWith('{') && !body.Contains("}\n{", StringComparison.Ordinal) ? JsonNode.Parse(body) : before;
        }

        return string.Join("###\n", answers);
    }

    private async Task CreateAsync(string manifest)
    {
        var yaml = GoldenText.Fill(manifest, UniqueName, null);
        var head = KubernetesYaml.Deserialize<ObjectHead>(yaml);
        var path = await ResourcePaths.FindAsync(Api, head.ApiVersion, head.Kind, head.Metadata.Namespace ?? UniqueName);
        var answer = await Api.SendAsync(HttpMethod.Post, path, yaml, "application/yaml");
        ((int)answer.Code).ShouldBe(201, $"{manifest}\n{answer.Body}");
        var one = $"{path}/{answer.Json["metadata"]!["name"]}";
        if (!path.Contains("/namespaces/", StringComparison.Ordinal))
            AtEnd(() => Api.SendAsync(HttpMethod.Delete, one));
        await SettleAsync(head.Kind, one);
    }

    /// <summary>Waits until controllers have written the status that they write of every object, so that it is the same in every answer.</summary>
    private Task SettleAsync(string kind, string path) => kind switch
    {
        "ReplicationController" or "ReplicaSet" or "Deployment" => Eventually.PassesAsync(async () =>
            ((long?)(await Api.GetAsync(path))["status"]?["observedGeneration"]).ShouldBe(1)),
        "CustomResourceDefinition" => Eventually.PassesAsync(async () =>
            ((await Api.GetAsync(path))["status"]?["conditions"]?.AsArray() ?? []).ShouldContain(
                item => (string?)item!["type"] == "Established" && (string?)item["status"] == "True")),
        _ => Task.CompletedTask,
    };

    private sealed class ObjectHead
    {
        public string ApiVersion { get; set; } = "";

        public string Kind { get; set; } = "";

        public MetadataHead Metadata { get; set; } = new();
    }

    private sealed class MetadataHead
    {
        public string? Namespace { get; set; }
    }
}
