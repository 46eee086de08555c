using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Surface;

public sealed class ChangeTests(HollowCluster hollow) : HollowTest(hollow)
{
    [Fact]
    public async Task Create_ObjectTwice_SaysThatItExists()
    {
        (await RunAsync("create", "configmap", "a", "--from-literal", "key=value")).Output.ShouldBe("configmap/a created\n");

        var again = await TryAsync("create", "configmap", "a");

        again.ExitCode.ShouldBe(1);
        again.Errors.ShouldBe("error: failed to create configmap: configmaps \"a\" already exists\n");
    }

    [Fact]
    public async Task Create_GeneratedName_AddsFiveCharacters()
    {
        var created = await Kubectl.RunWithInputAsync(
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"a-"}}""", "create", "-n", UniqueName, "-f", "-");

        created.Output.ShouldMatch(@"^configmap/a-[a-z0-9]{5} created\n$");
    }

    [Fact]
    public async Task Run_Image_MakesAPodThatBecomesReady()
    {
        await RunAsync("run", "single", "--image", "registry.invalid/main:1", "--command", "--", "main");

        (await RunAsync("wait", "pod/single", "--for=condition=Ready", "--timeout=60s")).Output.ShouldBe("pod/single condition met\n");
    }

    [Fact]
    public async Task Delete_ByNameLabelAndAll_RemovesThem()
    {
        foreach (var name in new[] { "one", "two", "three", "four" })
            await ApplyAsync(Manifests.Pod(name, name));

        (await RunAsync("delete", "pod", "one")).Output.ShouldMatch("pod \"one\" deleted");
        (await RunAsync("delete", "pods", "-l", "app in (two)")).Output.ShouldMatch("pod \"two\" deleted");
        (await RunAsync("delete", "pod", "three", "--grace-period=0", "--force")).Output.ShouldMatch("pod \"three\" force deleted");
        (await RunAsync("delete", "pods", "--all")).Output.ShouldMatch("pod \"four\" deleted");
        (await RunAsync("get", "pods", "-o", "name")).Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Delete_Controller_TakesItsPodsUnlessTheyAreOrphaned()
    {
        await CreateReplicasAsync("taken", 1);
        await CreateReplicasAsync("orphaned", 1);

        await RunAsync("delete", "rc", "taken");
        await RunAsync("delete", "rc", "orphaned", "--cascade=orphan");

        await Eventually.PassesAsync(async () => (await RunAsync("get", "pods", "-o", "name")).Lines.ShouldHaveSingleItem().ShouldStartWith("pod/orphaned-"));
        await Eventually.PassesAsync(async () => (await RunAsync("get", "pods", "-o", "jsonpath={.items[*].metadata.ownerReferences}")).Output.ShouldBeEmpty());
    }

    [Fact]
    public async Task Scale_CurrentReplicasGiven_IsAPrecondition()
    {
        await CreateReplicasAsync("web", 1);

        (await TryAsync("scale", "rc", "web", "--replicas", "3", "--current-replicas", "2")).ExitCode.ShouldBe(1);
        (await RunAsync("scale", "rc", "web", "--replicas", "3", "--current-replicas", "1")).Output.ShouldBe("replicationcontroller/web scaled\n");
        await Eventually.PassesAsync(async () => (await RunAsync("get", "rc", "web", "-o", "jsonpath={.status.readyReplicas}")).Output.ShouldBe("3"));
    }

    [Fact]
    public async Task Label_AddedChangedAndRemoved_FollowsTheRules()
    {
        await ApplyAsync(Manifests.ConfigMap("a", "1"));

        (await RunAsync("label", "configmap", "a", "tier=one")).Output.ShouldBe("configmap/a labeled\n");
        (await TryAsync("label", "configmap", "a", "tier=two")).Errors.ShouldContain("'tier' already has a value (one), and --overwrite is false");
        (await RunAsync("label", "configmap", "a", "tier=two", "--overwrite")).Output.ShouldBe("configmap/a labeled\n");
        (await RunAsync("get", "configmaps", "-l", "tier=two", "-o", "name")).Output.ShouldBe("configmap/a\n");
        (await RunAsync("label", "configmap", "a", "tier-")).Output.ShouldBe("configmap/a unlabeled\n");
        (await RunAsync("get", "configmaps", "-l", "tier", "-o", "name")).Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task Annotate_Object_KeepsTheNote()
    {
        await ApplyAsync(Manifests.ConfigMap("a", "1"));

        (await RunAsync("annotate", "configmap", "a", "example.org/note=some text")).Output.ShouldBe("configmap/a annotated\n");
        (await RunAsync("get", "configmap", "a", "-o", @"jsonpath={.metadata.annotations.example\.org/note}")).Output.ShouldBe("some text");
    }

    [Fact]
    public async Task Expose_Controller_MakesAServiceWithItsSelector()
    {
        await CreateReplicasAsync("web", 2);

        (await RunAsync("expose", "rc", "web", "--port", "80", "--target-port", "8080", "--name", "front")).Output.ShouldBe("service/front exposed\n");
        (await RunAsync("get", "service", "front", "-o", "jsonpath={.spec.selector}")).Output.ShouldBe("""{"app":"web"}""");
        await Eventually.PassesAsync(async () =>
            (await RunAsync("get", "endpoints", "front", "-o", "jsonpath={.subsets[*].addresses[*].ip}")).Output.Split(' ').Length.ShouldBe(2));
    }

    [Fact]
    public async Task Edit_ByEditor_SavesTheChange()
    {
        await ApplyAsync(Manifests.ConfigMap("a", "before"));

        var edited = await Kubectl.RunInEnvironmentAsync(
            new Dictionary<string, string> { ["KUBE_EDITOR"] = "sed -i s/before/after/" }, "edit", "configmap", "a", "-n", UniqueName);

        edited.Output.ShouldBe("configmap/a edited\n");
        (await RunAsync("get", "configmap", "a", "-o", "jsonpath={.data.key}")).Output.ShouldBe("after");
    }

    [Theory]
    [InlineData("json", """[{"op":"test","path":"/spec/replicas","value":0},{"op":"replace","path":"/spec/replicas","value":2}]""")]
    [InlineData("merge", """{"spec":{"replicas":2}}""")]
    [InlineData("strategic", """{"spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"second","image":"registry.invalid/second:1"}]}}}}""")]
    public async Task Patch_OfEachType_ChangesTheObject(string type, string patch)
    {
        await ApplyAsync(Manifests.ReplicationController("web", 0));

        (await RunAsync("patch", "rc", "web", "--type", type, "-p", patch)).Output.ShouldBe("replicationcontroller/web patched\n");
        (await RunAsync("get", "rc", "web", "-o", "jsonpath={.spec.replicas}")).Output.ShouldBe("2");
        var containers = (await RunAsync("get", "rc", "web", "-o", "jsonpath={.spec.template.spec.containers[*].name}")).Output.Split(' ');
        containers.ShouldBe(type == "strategic" ? ["second", "main"] : ["main"]);
    }

    [Fact]
    public async Task Replace_WithOldVersion_IsAConflict()
    {
        await ApplyAsync(Manifests.ConfigMap("a", "before"));
        var old = (await RunAsync("get", "configmap", "a", "-o", "json")).Output;

        (await Kubectl.RunWithInputAsync(old.Replace("\"before\"", "\"after\"", StringComparison.Ordinal), "replace", "-n", UniqueName, "-f", "-"))
            .Output.ShouldBe("configmap/a replaced\n");
        var conflict = await Kubectl.TryWithInputAsync(old, "replace", "-n", UniqueName, "-f", "-");

        conflict.ExitCode.ShouldBe(1);
        conflict.Errors.ShouldContain("(Conflict)");
        conflict.Errors.ShouldContain("the object has been modified; please apply your changes to the latest version and try again");
    }

    [Fact]
    public async Task Wait_ForDeletion_EndsWhenTheObjectIsGone()
    {
        await ApplyAsync(Manifests.Pod("one"));
        await RunAsync("wait", "pod/one", "--for=condition=Ready", "--timeout=60s");
        await using var wait = Kubectl.Start(["wait", "pod/one", "--for=delete", "--timeout=60s", "-n", UniqueName]);

        await RunAsync("delete", "pod", "one");

        (await wait.WaitAsync(Eventually.Patience)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Cordon_Nodes_KeepsPodsAwayUntilUncordoned()
    {
        var nodes = (await RunAsync("get", "nodes", "-o", "name")).Lines;
        foreach (var node in nodes)
            AtEnd(() => Kubectl.RunAsync("uncordon", node));
        foreach (var node in nodes)
            (await RunAsync("cordon", node)).Output.ShouldBe($"{node} cordoned\n");

        (await RunAsync("get", "nodes")).Output.ShouldContain("Ready,SchedulingDisabled");
        await ApplyAsync(Manifests.Pod("one"));
        await Eventually.PassesAsync(async () => (await RunAsync("get", "pod", "one", "-o", "jsonpath={.status.conditions[?(@.type=='PodScheduled')].message}")).Output
            .ShouldStartWith("0/2 nodes are available: 2 node(s) were unschedulable"));

        (await RunAsync("uncordon", nodes[0])).Output.ShouldBe($"{nodes[0]} uncordoned\n");
        await RunAsync("wait", "pod/one", "--for=condition=Ready", "--timeout=60s");
        (await RunAsync("get", "pod", "one", "-o", "jsonpath=node/{.spec.nodeName}")).Output.ShouldBe(nodes[0]);
    }
}
