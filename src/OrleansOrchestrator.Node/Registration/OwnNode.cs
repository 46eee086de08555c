using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Planning;

namespace OrleansOrchestrator.Node.Registration;

/// <summary>The node object as the API shows it. Pods may demand labels of their node, and an administrator may have given it some.</summary>
/// <param name="nodeName">The node.</param>
/// <param name="ownLabels">The labels that the daemon gives to the node, which count until the node object is seen.</param>
internal sealed class OwnNode(string nodeName, IReadOnlyDictionary<string, string> ownLabels) : IObjectSink<V1Node>
{
    private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IDictionary<string, string> _labels = new Dictionary<string, string>(ownLabels);

    /// <summary>Completes when the node object has been seen.</summary>
    public Task Seen => _seen.Task;

    /// <summary>Why the node rejects a new pod; null if it does not. Pods that run here stay when labels change.</summary>
    public PodFailure? Refuse(V1Pod pod) =>
        NodeAffinityRules.Source.Of(pod.Spec) is { } source && !new NodeAffinityRules(source).Admits(nodeName, _labels)
            ? PodFailures.Rejected("NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector")
            : null;

    public void Replace(IReadOnlyCollection<V1Node> objects)
    {
        foreach (var node in objects)
            Upsert(node);
    }

    public void Upsert(V1Node obj)
    {
        _labels = obj.Metadata.Labels ?? new Dictionary<string, string>();
        _seen.TrySetResult();
    }

    public void Delete(V1Node obj)
    {
        // It registers again, and has the labels until then.
    }
}
