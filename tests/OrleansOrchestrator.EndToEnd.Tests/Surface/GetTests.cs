using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Surface;

public sealed class GetTests(HollowCluster hollow) : HollowTest(hollow)
{
    [Fact]
    public async Task Get_Pods_ShowsTheColumnsThatUsersKnow()
    {
        await CreateReplicasAsync("web", 2);

        var lines = (await RunAsync("get", "pods")).Lines;
        lines[0].ShouldMatch(@"^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE$");
        lines.Length.ShouldBe(3);
        lines[1].ShouldMatch(@"^web-\w{5}\s+1/1\s+Running\s+0\s+\d+s$");

        var wide = (await RunAsync("get", "pods", "-o", "wide")).Lines;
        wide[0].ShouldMatch(@"^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE\s+NOMINATED NODE\s+READINESS GATES$");
        wide[1].ShouldMatch(@"^web-\w{5}\s+1/1\s+Running\s+0\s+\d+s\s+[\d.]+\s+\S+\s+<none>\s+<none>$");
    }

    [Fact]
    public async Task Get_OtherKinds_ShowsTheColumnsThatUsersKnow()
    {
        await CreateReplicasAsync("web", 2);
        await RunAsync("expose", "rc", "web", "--port", "80", "--target-port", "8080");

        (await RunAsync("get", "rc")).Output.ShouldMatch(@"^NAME\s+DESIRED\s+CURRENT\s+READY\s+AGE\nweb\s+2\s+2\s+2\s+\d+s\n$");
        (await RunAsync("get", "services")).Output.ShouldMatch(
            @"^NAME\s+TYPE\s+CLUSTER-IP\s+EXTERNAL-IP\s+PORT\(S\)\s+AGE\nweb\s+ClusterIP\s+[\d.]+\s+<none>\s+80/TCP\s+\d+s\n$");
        (await RunAsync("get", "nodes")).Output.ShouldMatch(@"^NAME\s+STATUS\s+ROLES\s+AGE\s+VERSION\n(\S+\s+Ready\s+\S+\s+\w+\s+v\S+\n){2}$");
        (await RunAsync("get", "namespace", UniqueName)).Output.ShouldMatch($@"^NAME\s+STATUS\s+AGE\n{UniqueName}\s+Active\s+\d+s\n$");
        await Eventually.PassesAsync(async () => (await RunAsync("get", "endpoints", "web")).Output
            .ShouldMatch(@"^NAME\s+ENDPOINTS\s+AGE\nweb\s+[\d.]+:8080,[\d.]+:8080\s+\d+s\n$"));
        // Events are written beside what they tell of.
        await Eventually.PassesAsync(async () => (await RunAsync("get", "events")).Output.ShouldMatch(@"^LAST SEEN\s+TYPE\s+REASON\s+OBJECT\s+MESSAGE\n"));
    }

    [Fact]
    public async Task Get_OutputFormats_AgreeWithEachOther()
    {
        await ApplyAsync(Manifests.ConfigMap("settings", "value"));

        var json = JsonNode.Parse((await RunAsync("get", "configmap", "settings", "-o", "json")).Output)!;
        ((string)json["apiVersion"]!).ShouldBe("v1");
        ((string)json["kind"]!).ShouldBe("ConfigMap");
        ((string)json["data"]!["key"]!).ShouldBe("value");
        ((string)json["metadata"]!["namespace"]!).ShouldBe(UniqueName);

        (await RunAsync("get", "configmap", "settings", "-o", "yaml")).Output.ShouldContain($"uid: {json["metadata"]!["uid"]}");
        (await RunAsync("get", "configmap", "settings", "-o", "name")).Output.ShouldBe("configmap/settings\n");
        (await RunAsync("get", "cm", "settings", "-o", "jsonpath={.metadata.resourceVersion}")).Output.Trim()
            .ShouldBe((string)json["metadata"]!["resourceVersion"]!);
        (await RunAsync("get", "configmaps", "settings", "-o", "custom-columns=N:.metadata.name,V:.data.key")).Lines[1].ShouldMatch(@"^settings\s+value$");
    }

    [Fact]
    public async Task Get_SeveralKinds_ShowsEach()
    {
        await CreateReplicasAsync("web", 1);

        var names = (await RunAsync("get", "rc,pods", "-o", "name")).Lines;

        names.Length.ShouldBe(2);
        names[0].ShouldBe("replicationcontroller/web");
        names[1].ShouldStartWith("pod/web-");
    }

    [Fact]
    public async Task Get_LabelSelectors_PickByEqualitySetAndPresence()
    {
        await ApplyAsync(Manifests.Pod("one", "a"));
        await ApplyAsync(Manifests.Pod("two", "b"));
        await ApplyAsync(Manifests.Pod("three", "c"));

        await ShouldPickAsync(["pod/one"], "-l", "app=a");
        await ShouldPickAsync(["pod/three", "pod/two"], "-l", "app!=a");
        await ShouldPickAsync(["pod/one", "pod/two"], "-l", "app in (a,b)");
        await ShouldPickAsync(["pod/two"], "-l", "app notin (a,c)");
        await ShouldPickAsync([], "-l", "!app");
    }

    [Fact]
    public async Task Get_FieldSelectors_PickByNameAndNode()
    {
        await ApplyAsync(Manifests.Pod("one"));
        await ApplyAsync(Manifests.Pod("two"));
        await RunAsync("wait", "pod/one", "pod/two", "--for=condition=Ready", "--timeout=60s");
        var node = (await RunAsync("get", "pod", "two", "-o", "jsonpath={.spec.nodeName}")).Output;

        await ShouldPickAsync(["pod/one"], "--field-selector", "metadata.name=one");
        await ShouldPickAsync(["pod/one", "pod/two"], "--field-selector", "status.phase=Running");
        (await RunAsync("get", "pods", "-o", "name", "--field-selector", $"spec.nodeName={node}")).Lines.ShouldContain("pod/two");
    }

    [Fact]
    public async Task Get_AllNamespaces_ShowsTheNamespace()
    {
        await ApplyAsync(Manifests.ConfigMap("settings", "value"));

        var output = (await Kubectl.RunAsync("get", "configmaps", "-A")).Output;

        output.ShouldMatch(@"^NAMESPACE\s+NAME\s+DATA\s+AGE\n");
        output.ShouldMatch($@"(?m)^{UniqueName}\s+settings\s+1\s+\d+s$");
    }

    [Fact]
    public async Task Get_Watch_ShowsChangesAsTheyCome()
    {
        await ApplyAsync(Manifests.ConfigMap("first", "1"));
        await using var watch = Kubectl.Start(["get", "configmaps", "-w", "-o", "name", "-n", UniqueName]);
        await ShouldShowAsync(watch, "configmap/first");

        await ApplyAsync(Manifests.ConfigMap("second", "1"));
        await ShouldShowAsync(watch, "configmap/second");
        await RunAsync("delete", "configmap", "first");
        await Eventually.PassesAsync(() =>
        {
            watch.Output.Split('\n').Count(line => line == "configmap/first").ShouldBe(2);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Get_ChunkedList_HasEveryObjectOnce()
    {
        var manifest = string.Join("\n---\n", Enumerable.Range(0, 25).Select(index => Manifests.ConfigMap($"map-{index:00}", "v")));
        await ApplyAsync(manifest);

        (await RunAsync("get", "configmaps", "-o", "name", "--chunk-size", "7", "--field-selector", "metadata.name!=kube-root-ca.crt")).Lines
            .ShouldBe(Enumerable.Range(0, 25).Select(index => $"configmap/map-{index:00}"));
    }

    [Fact]
    public async Task Get_MissingObject_SaysSo()
    {
        var result = await TryAsync("get", "pod", "nobody");

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldBe("Error from server (NotFound): pods \"nobody\" not found\n");
    }

    private static Task ShouldShowAsync(RunningCommand watch, string line) => Eventually.PassesAsync(() =>
    {
        watch.Output.Split('\n').ShouldContain(line);
        return Task.CompletedTask;
    });

    private async Task ShouldPickAsync(string[] names, params string[] selection) =>
        (await RunAsync(["get", "pods", "-o", "name", .. selection])).Lines.ShouldBe(names);
}
