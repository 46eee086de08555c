using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>Preemption, as whoever uses kubectl sees it: one node, and a pod of low priority that fills it.</summary>
[Collection(typeof(ProcessPodsCollection))]
public sealed class PreemptionTests(ProcessRuntime runtime) : EndToEndTest
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private const string Finalizer = "example.com/look-at-me";

    private Kubectl Kubectl => runtime.Cluster.Kubectl;

    private ApiConnection Api => runtime.Cluster.Api;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        if (await runtime.FindMissingAsync() is { } missing)
            Assert.Skip(missing);
        await runtime.StartAsync();
        OnFailure(runtime.Cluster.DescribeAsync);
        AtEnd(() => Kubectl.RunAsync("delete", "pods,poddisruptionbudgets", "--all"));
        await ApplyAsync(string.Join("\n---\n", Class("urgent", 1000), Class("usual", 100), Class("lazy", -10), Class("patient", 1000, "Never")));
    }

    [Fact]
    public async Task Pod_OfHigherPriority_TakesTheNodeOfALowerOne()
    {
        // The finalizer keeps the victim after its end, so that its last state can be seen.
        await CreatePodAsync("victim", "lazy", Finalizer);
        await WaitForPhaseAsync("victim", "Running");
        var before = (string)(await Api.GetAsync(Pods))["metadata"]!["resourceVersion"]!;

        await CreatePodAsync("preemptor", "urgent");

        await WaitForPhaseAsync("preemptor", "Running");
        var (victim, preemptor) = (await PodAsync("victim"), await PodAsync("preemptor"));
        var node = (string)preemptor["spec"]!["nodeName"]!;
        ((int)preemptor["spec"]!["priority"]!).ShouldBe(1000);
        ((string?)victim["spec"]!["nodeName"]).ShouldBe(node);
        victim["metadata"]!["deletionTimestamp"].ShouldNotBeNull("it is deleted as any client would do it");
        ((string?)victim["status"]!["phase"]).ShouldBe("Failed", "it was ended by a signal");
        var target = ConditionOf(victim, "DisruptionTarget");
        ((string?)target["status"]).ShouldBe("True");
        ((string?)target["reason"]).ShouldBe("PreemptionByScheduler");
        ((string?)target["message"]).ShouldBe("default-scheduler: preempting to accommodate a higher priority pod");
        (await NominationsBeforeBindingAsync("preemptor", before)).ShouldContain(node);
        await Eventually.PassesAsync(async () =>
        {
            var events = await EventsOfAsync("victim");
            events.ShouldMatch($@"(?m)^Preempted +Preempted by pod {(string)preemptor["metadata"]!["uid"]!} on node {node}$");
            (await EventsOfAsync("preemptor")).ShouldMatch("(?m)^FailedScheduling +0/1 nodes are available: 1 Insufficient cpu");
            (await Kubectl.RunAsync("describe", "pod", "preemptor")).Text.ShouldMatch(@"(?m)^Priority Class Name: +urgent$");
        });
        await Kubectl.RunAsync("patch", "pod", "victim", "--type=merge", "-p", """{"metadata":{"finalizers":null}}""");
    }

    [Fact]
    public async Task Pod_ThatNeverPreempts_WaitsUntilTheNodeIsFree()
    {
        await CreatePodAsync("holder", "lazy");
        await WaitForPhaseAsync("holder", "Running");

        await CreatePodAsync("waiter", "patient");

        await Eventually.PassesAsync(async () =>
        {
            var condition = ConditionOf(await PodAsync("waiter"), "PodScheduled");
            ((string?)condition["reason"]).ShouldBe("Unschedulable");
            ((string?)condition["message"]).ShouldBe(
                "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.");
        });
        ((string?)(await PodAsync("waiter"))["spec"]!["preemptionPolicy"]).ShouldBe("Never");
        (await PodAsync("waiter"))["status"]!["nominatedNodeName"].ShouldBeNull();
        (await PodAsync("holder"))["metadata"]!["deletionTimestamp"].ShouldBeNull();
        (await EventsOfAsync("holder")).ShouldNotContain("Preempted");

        await Kubectl.RunAsync("delete", "pod", "holder", "--wait=false");
        await WaitForPhaseAsync("waiter", "Running");
    }

    [Fact]
    public async Task Pod_ThatABudgetProtects_StaysThoughItsPriorityIsTheLowest()
    {
        await CreatePodAsync("guarded", "lazy", share: 2);
        await CreatePodAsync("free", "usual", share: 2);
        await WaitForPhaseAsync("guarded", "Running");
        await WaitForPhaseAsync("free", "Running");
        await Kubectl.RunAsync("create", "poddisruptionbudget", "guard", "--selector=name=guarded", "--min-available=1");
        await Eventually.PassesAsync(async () =>
            (await Kubectl.RunAsync("get", "pdb", "guard")).Text.ShouldMatch(@"(?m)^guard +1 +N/A +0 "));

        await CreatePodAsync("preemptor", "urgent", share: 2);

        await WaitForPhaseAsync("preemptor", "Running");
        await Eventually.PassesAsync(async () => (await EventsOfAsync("free")).ShouldContain("Preempted"));
        (await PodAsync("guarded"))["metadata"]!["deletionTimestamp"].ShouldBeNull();
        (await EventsOfAsync("guarded")).ShouldNotContain("Preempted");

        // Without another victim the budget does not help: as in Kubernetes it is respected as far as possible.
        await CreatePodAsync("second", "urgent", share: 2);
        await WaitForPhaseAsync("second", "Running");
        await Eventually.PassesAsync(async () => (await EventsOfAsync("guarded")).ShouldContain("Preempted"));
    }

    /// <summary>Makes a pod that needs the node, or an equal share of it.</summary>
    private async Task CreatePodAsync(string name, string priorityClass, string? finalizer = null, int share = 1)
    {
        var node = (await Api.GetAsync("/api/v1/nodes"))["items"]!.AsArray().ShouldHaveSingleItem()!;
        await ApplyAsync($$"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: {{name}}
              labels: {name: {{name}}}
              finalizers: [{{finalizer}}]
            spec:
              priorityClassName: {{priorityClass}}
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: registry.invalid/main:1
                command: [sleep, "600"]
                resources:
                  requests:
                    cpu: {{int.Parse((string)node["status"]!["allocatable"]!["cpu"]!, System.Globalization.CultureInfo.InvariantCulture) * 1000 / share}}m
            """);
    }

    private Task ApplyAsync(string manifest) => Kubectl.RunWithInputAsync(manifest, "apply", "-f", "-");

    private Task<JsonNode> PodAsync(string name) => Api.GetAsync($"{Pods}/{name}");

    private Task WaitForPhaseAsync(string name, string phase) => Eventually.PassesAsync(
        async () => ((string?)(await PodAsync(name))["status"]!["phase"]).ShouldBe(phase));

    private async Task<string> EventsOfAsync(string pod) => (await Kubectl.RunAsync(
        "get", "events", "--field-selector", $"involvedObject.name={pod}", "-o", "custom-columns=R:.reason,M:.message")).Text;

    /// <summary>The nodes that a pod was nominated for from a revision on until it was bound, as a watch tells.</summary>
    private async Task<IReadOnlyList<string?>> NominationsBeforeBindingAsync(string pod, string revision)
    {
        using var watch = await Api.OpenAsync($"{Pods}?watch=1&resourceVersion={revision}&fieldSelector=metadata.name%3D{pod}", Cancelled);
        var nominations = new List<string?>();
        while (await watch.ReadLineAsync(Cancelled) is { } line
            && JsonNode.Parse(line)!["object"]! is var seen && string.IsNullOrEmpty((string?)seen["spec"]!["nodeName"]))
        {
            nominations.Add((string?)seen["status"]!["nominatedNodeName"]);
        }

        return nominations;
    }

    private static JsonNode ConditionOf(JsonNode pod, string type) => pod["status"]!["conditions"]!.AsArray()
        .Single(condition => (string?)condition!["type"] == type)!;

    private static string Class(string name, int value, string policy = "PreemptLowerPriority") => $$"""
        apiVersion: scheduling.k8s.io/v1
        kind: PriorityClass
        metadata:
          name: {{name}}
        value: {{value}}
        preemptionPolicy: {{policy}}
        """;
}
