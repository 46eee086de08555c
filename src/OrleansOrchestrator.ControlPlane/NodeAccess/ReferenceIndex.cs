using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.NodeAccess;

/// <summary>An object of a namespace to which pods refer.</summary>
/// <param name="Kind">The object's kind.</param>
/// <param name="Key">The object's key.</param>
internal readonly record struct Referent(RelatedKind Kind, ObjectKey Key);

/// <summary>
/// The nodes whose pods refer to an object: an answer costs two look-ups, however many pods there are. It counts the pods of each node
/// that refer to an object, so that the object stays related until the last one has gone.
/// </summary>
/// <remarks>The index is maintained with the cache of pods, and is exactly as fresh. Most changes of pods are of their status, and cost
/// a comparison of their spec.</remarks>
internal sealed class ReferenceIndex : ICacheIndex
{
    private readonly Lock _gate = new();
    private State _state = new();

    /// <summary>Whether a pod on the node refers to the object.</summary>
    public bool IsReferredTo(in Referent referent, string node)
    {
        lock (_gate)
            return _state.Nodes.TryGetValue(referent, out var nodes) && nodes.Pods.ContainsKey(node);
    }

    void ICacheIndex.Reset(IEnumerable<StoredObject> objects)
    {
        // Outside the lock, because it may take long.
        var state = new State();
        foreach (var pod in objects)
            state.Put(pod.Key, pod, state.ReadNew(pod.Key, pod));
        lock (_gate)
            _state = state;
    }

    void ICacheIndex.Replace(ObjectKey key, StoredObject? current)
    {
        // The cache makes one change after the other, so that nobody else writes to the state, and decisions do not wait for a pod that is
        // decoded.
        var references = _state.ReadNew(key, current);
        lock (_gate)
            _state.Put(key, current, references);
    }

    private sealed class State
    {
        private readonly Dictionary<ObjectKey, Entry> _pods = [];

        public Dictionary<Referent, NodesOfReferent> Nodes { get; } = [];

        /// <summary>Reads to what a pod on a node refers; null if that is known, or if the pod is on none.</summary>
        public IReadOnlySet<PodReference>? ReadNew(ObjectKey key, StoredObject? pod) =>
            pod?.Field("spec.nodeName") is { Length: > 0 } && !(_pods.TryGetValue(key, out var known) && known.IsAbout(pod)) ? ReferencesOf(pod) : null;

        /// <summary>Replaces a pod; null if it is gone.</summary>
        /// <param name="key">The pod's key.</param>
        /// <param name="pod">The pod.</param>
        /// <param name="references">What <see cref="ReadNew"/> has read.</param>
        public void Put(ObjectKey key, StoredObject? pod, IReadOnlySet<PodReference>? references)
        {
            if (_pods.TryGetValue(key, out var known))
            {
                if (pod is not null && references is null && known.IsAbout(pod))
                {
                    known.Pod = pod;
                    return;
                }

                _pods.Remove(key);
                Remove(known);
            }

            if (pod is not null && references is not null)
                _pods[key] = Add(pod, pod.Field("spec.nodeName")!, references);
        }

        private Entry Add(StoredObject pod, string node, IReadOnlySet<PodReference> references)
        {
            var referents = new List<NodesOfReferent>(references.Count);
            foreach (var (kind, name) in references)
            {
                var referent = new Referent(kind, new ObjectKey(pod.Key.Namespace, name));
                if (!Nodes.TryGetValue(referent, out var nodes))
                    Nodes[referent] = nodes = new NodesOfReferent(referent);
                nodes.Pods[node] = nodes.Pods.GetValueOrDefault(node) + 1;
                referents.Add(nodes);
            }

            return new Entry(pod, node, [.. referents]);
        }

        private void Remove(Entry entry)
        {
            foreach (var nodes in entry.Referents)
            {
                var left = nodes.Pods[entry.Node] - 1;
                if (left > 0)
                    nodes.Pods[entry.Node] = left;
                else
                    nodes.Pods.Remove(entry.Node);
                if (nodes.Pods.Count == 0)
                    Nodes.Remove(nodes.Referent);
            }
        }

        // A pod that cannot be read refers to nothing, and does not affect the others.
        private static IReadOnlySet<PodReference> ReferencesOf(StoredObject stored)
        {
            try
            {
                var pod = stored.SharedModel<V1Pod>();
                return pod.IsMirror ? new HashSet<PodReference>() : PodReferences.Of(pod);
            }
            catch (Exception)
            {
                LoopInstruments.ObjectFailed("reference index");
                return new HashSet<PodReference>();
            }
        }
    }

    /// <summary>The nodes with pods that refer to an object, and how many pods of each do.</summary>
    private sealed record NodesOfReferent(Referent Referent)
    {
        public Dictionary<string, int> Pods { get; } = new(StringComparer.Ordinal);
    }

    private sealed class Entry(StoredObject pod, string node, NodesOfReferent[] referents)
    {
        // The names of claims that are made for the pod are in its status.
        private readonly bool _hasDevices = pod.SpecJson.IndexOf("\"resourceClaims\""u8) >= 0;

        public StoredObject Pod { get; set; } = pod;

        public string Node { get; } = node;

        public NodesOfReferent[] Referents { get; } = referents;

        /// <summary>Whether another version refers to the same.</summary>
        public bool IsAbout(StoredObject other) => !_hasDevices && Pod.Uid == other.Uid && Pod.SpecJson.SequenceEqual(other.SpecJson);
    }
}
