using System.Diagnostics.CodeAnalysis;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>
/// The actions of a plan in the batches in which they are made: those of one type on one resource that follow each other. Creations
/// begin with one, and each batch of a resource may be twice as large as the one before. Once a whole batch is refused, the
/// resource's other creations are given up: whatever refuses them, as a quota does, would most likely refuse these too.
/// </summary>
/// <param name="actions">The actions.</param>
/// <param name="countMax">The most actions of a batch.</param>
/// <param name="startsSlowly">Whether creations begin with one; otherwise the first batch is as large as it may be.</param>
/// <remarks>See slowStartBatch in k8s.io/kubernetes/pkg/controller/replicaset, which gives up after one refusal.</remarks>
public sealed class ActionBatches(IReadOnlyList<ObjectAction> actions, int countMax, bool startsSlowly = true)
{
    private readonly Dictionary<ResourceName, int> _creationsMax = [];
    private readonly HashSet<ResourceName> _givenUp = [];
    private int _next;

    /// <summary>Takes the next batch.</summary>
    public bool TryTake([NotNullWhen(true)] out IReadOnlyList<ObjectAction>? batch)
    {
        batch = null;
        while (_next < actions.Count && actions[_next] is CreateObject && _givenUp.Contains(actions[_next].Resource))
            _next++;
        if (_next == actions.Count)
            return false;

        var first = actions[_next];
        var max = first is CreateObject ? CreationsMax(first.Resource) : countMax;
        var taken = new List<ObjectAction>();
        while (taken.Count < max && _next < actions.Count && actions[_next].GetType() == first.GetType() && actions[_next].Resource == first.Resource)
            taken.Add(actions[_next++]);
        batch = taken;
        return true;
    }

    /// <summary>Takes note of how a batch went. A conflict concerns its own object only, and says nothing about others.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="refused">What was refused of it.</param>
    public void Note(IReadOnlyList<ObjectAction> batch, IReadOnlyCollection<RefusedAction> refused)
    {
        if (batch[0] is not CreateObject { Resource: var resource })
            return;
        if (refused.Count(one => one.Why.Code != 409) == batch.Count)
            _givenUp.Add(resource);
        else
            _creationsMax[resource] = Math.Min(countMax, 2 * CreationsMax(resource));
    }

    private int CreationsMax(ResourceName resource) => _creationsMax.GetValueOrDefault(resource, startsSlowly ? 1 : countMax);
}
