using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Clients;

/// <summary>A session of <c>@kubernetes/client-node</c>, which <c>tests/run.sh</c> installs.</summary>
public sealed class JavaScriptTests(HollowCluster hollow) : HollowTest(hollow)
{
    private static readonly string Folder =
        Path.Combine(OrchestratorProgram.Repository, "tests", "OrleansOrchestrator.EndToEnd.Tests", "Clients", "javascript");

    [Fact]
    public async Task JavaScriptClient_ASession_GoesAsWithKubernetes()
    {
        Assert.SkipWhen(ProgramSearch.Find("node") is null, "node is not in PATH");
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(Folder, "node_modules", "@kubernetes", "client-node")),
            "@kubernetes/client-node is not installed (npm ci)");

        var steps = await RunAsync();

        steps["create"].ShouldMatch("""^{"name":"a","uid":"[0-9a-f-]{36}","created":true}$""");
        steps["read"].ShouldBe("""{"value":"1"}""");
        steps["replace"].ShouldBe("""{"value":"2"}""");
        steps["conflict"].ShouldBe("""{"code":409,"reason":"Conflict"}""");
        steps["patch json"].ShouldBe("""{"data":{"key":"3"}}""");
        steps["patch merge"].ShouldBe("""{"data":{"other":"4"}}""");
        steps["patch strategic"].ShouldBe("""{"labels":{"session":"js","more":"x"}}""");
        steps["delete"].ShouldBe("""{"status":"Success"}""");
        steps["gone"].ShouldBe("""{"code":404}""");
        steps["pages"].ShouldBe("""{"names":["p1","p2","p3","p4","p5"],"sizes":[2,2,1]}""");
        steps["watch"].ShouldBe("""{"values":["1","2"]}""");
        steps["resume"].ShouldBe("""{"values":["3"]}""");
        steps["informer"].ShouldBe("""{"value":"after","cached":6,"left":5}""");
        steps["custom"].ShouldBe("""{"spec":{"size":2,"color":"red"}}""");
        steps["custom invalid"].ShouldBe("""{"code":422}""");
        steps["custom list"].ShouldBe("""{"kind":"WidgetList","names":["w"]}""");
    }

    private async Task<Dictionary<string, string>> RunAsync()
    {
        var environment = new Dictionary<string, string> { ["KUBECONFIG"] = Cluster.Member.KubeConfig };
        await using var node = RunningCommand.Start("node", [Path.Combine(Folder, "session.js"), UniqueName], "", environment);
        var result = await node.WaitAsync(Eventually.Patience + Eventually.Patience);
        result.ExitCode.ShouldBe(0, result.Text);
        return result.Lines.Select(line => JsonNode.Parse(line)!.AsObject()).ToDictionary(line => (string)line["step"]!, Body);
    }

    private static string Body(JsonObject line)
    {
        line.Remove("step");
        return line.ToJsonString();
    }
}
