using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Registration;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests.Registration;

/// <summary>A pod that somebody has bound to a node which it does not want is rejected in the kubelet's words.</summary>
public sealed class OwnNodeTests
{
    private readonly OwnNode _node = new("a", new Dictionary<string, string> { ["own"] = "yes" });

    [Theory]
    [InlineData("own", "yes", true, false)]
    [InlineData("disk", "ssd", false, true)]
    [InlineData("disk", "hdd", false, false)]
    public void Selector_IsComparedWithTheLabelsThatTheNodeHas(string label, string value, bool before, bool after)
    {
        var pod = TestPods.Shell("p", "");
        pod.Spec.NodeSelector = new Dictionary<string, string> { [label] = value };
        (_node.Refuse(pod) is null).ShouldBe(before);

        _node.Upsert(new V1Node { Metadata = new V1ObjectMeta { Name = "a", Labels = new Dictionary<string, string> { ["disk"] = "ssd" } } });

        (_node.Refuse(pod) is null).ShouldBe(after);
        _node.Seen.IsCompleted.ShouldBeTrue();
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("b", false)]
    public void Affinity_ThatNamesTheNode_IsThatOfADaemonSet(string name, bool isTaken)
    {
        var pod = TestPods.Shell("p", "");
        pod.Spec.Affinity = new V1Affinity
        {
            NodeAffinity = new V1NodeAffinity
            {
                RequiredDuringSchedulingIgnoredDuringExecution = new V1NodeSelector
                {
                    NodeSelectorTerms = [new V1NodeSelectorTerm { MatchFields = [new V1NodeSelectorRequirement { Key = "metadata.name", OperatorProperty = "In", Values = [name] }] }],
                },
            },
        };

        var refusal = _node.Refuse(pod);

        (refusal?.Reason, refusal?.Rejection).ShouldBe(isTaken ? default : ("NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"));
    }

    [Fact]
    public async Task Pod_BoundToANodeThatItDoesNotWant_Fails()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        await node.Agent.WaitUntilReadyAsync(TestContext.Current.CancellationToken);
        node.Api.Change($"api/v1/nodes/{node.Options.Name}", json => json["metadata"]!["labels"]!["disk"] = "ssd");
        foreach (var (name, disk) in new[] { ("fits", "ssd"), ("does-not", "hdd") })
        {
            var pod = TestPods.Shell(name, "");
            pod.Spec.NodeSelector = new Dictionary<string, string> { ["disk"] = disk };
            node.Put(pod);
        }

        var failed = await node.PodAsync("does-not", pod => pod.Status.Phase == "Failed", "it is rejected");
        (failed.Status.Reason, failed.Status.Message).ShouldBe(("NodeAffinity", "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"));
        await node.PodAsync("fits", TestPods.IsReady, "it runs");
    }

    [Theory]
    [InlineData("example.com/disk", "ssd", null)]
    [InlineData("node.kubernetes.io/exclude-from-external-load-balancers", "", null)]
    [InlineData("topology.kubernetes.io/zone", "a", null)]
    [InlineData("node-role.kubernetes.io/worker", "", "Labels: unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [node-role.kubernetes.io/worker]: --node-labels in the 'kubernetes.io' namespace must begin with an allowed prefix (kubelet.kubernetes.io, node.kubernetes.io)")]
    [InlineData("node-restriction.kubernetes.io/secret", "", "Labels: unknown")]
    [InlineData("a b", "", "Labels: \"a b\": name part must consist of")]
    [InlineData("a", "b c", "Labels: \"a\": a valid label must be")]
    public void Label_ThatTheNodeCouldNotRegisterWith_StopsTheStart(string label, string value, string? fault)
    {
        var faults = NodeAgentOptionsValidator.Validate(new NodeAgentOptions { DataDirectory = "/d", Labels = new Dictionary<string, string> { [label] = value } });

        if (fault is null)
            faults.ShouldBeEmpty();
        else
            faults.ShouldHaveSingleItem().ShouldStartWith(fault);
    }
}
