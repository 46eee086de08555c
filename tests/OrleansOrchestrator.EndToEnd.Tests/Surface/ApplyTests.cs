using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Surface;

public sealed class ApplyTests(HollowCluster hollow) : HollowTest(hollow)
{
    [Fact]
    public async Task Apply_SameManifestTwice_SaysCreatedUnchangedAndConfigured()
    {
        (await ApplyAsync(Manifests.ReplicationController("web", 1))).Output.ShouldBe("replicationcontroller/web created\n");
        (await ApplyAsync(Manifests.ReplicationController("web", 1))).Output.ShouldBe("replicationcontroller/web unchanged\n");
        (await ApplyAsync(Manifests.ReplicationController("web", 2))).Output.ShouldBe("replicationcontroller/web configured\n");
        (await RunAsync("get", "rc", "web", "-o", "jsonpath={.spec.replicas}")).Output.ShouldBe("2");
    }

    [Fact]
    public async Task Apply_FileAndFolder_CreatesEveryObject()
    {
        var scratch = NewScratch();
        scratch.Write("a.yaml", Manifests.ConfigMap("a", "1"));
        scratch.Write("b.json", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"}}""");

        (await RunAsync("apply", "-f", scratch.At("a.yaml"))).Output.ShouldBe("configmap/a created\n");
        (await RunAsync("apply", "-f", scratch.Folder)).Lines.ShouldBe(["configmap/a unchanged", "configmap/b created"]);
        (await RunAsync("delete", "-f", scratch.Folder)).Lines.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Apply_KeyLeftOut_RemovesItAndKeepsWhatOthersSet()
    {
        await ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"mine":"1","old":"1"}}""");
        await RunAsync("patch", "configmap", "a", "--type", "merge", "-p", """{"data":{"theirs":"2"}}""");
        await ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"mine":"3"}}""");

        (await RunAsync("get", "configmap", "a", "-o", "jsonpath={.data}")).Output.ShouldBe("""{"mine":"3","theirs":"2"}""");
    }

    [Fact]
    public async Task Apply_DryRunOnServer_ChangesNothing()
    {
        var scratch = NewScratch();
        var file = scratch.Write("a.yaml", Manifests.ConfigMap("a", "1"));

        (await RunAsync("apply", "-f", file, "--dry-run=server")).Output.ShouldBe("configmap/a created (server dry run)\n");
        (await TryAsync("get", "configmap", "a")).ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task Diff_ChangedManifest_ShowsTheDifference()
    {
        await ApplyAsync(Manifests.ConfigMap("a", "before"));

        var result = await Kubectl.TryWithInputAsync(Manifests.ConfigMap("a", "after"), "diff", "-n", UniqueName, "-f", "-");

        result.ExitCode.ShouldBe(1, result.ToString());
        result.Output.ShouldContain("-  key: before");
        result.Output.ShouldContain("+  key: after");
    }
}
