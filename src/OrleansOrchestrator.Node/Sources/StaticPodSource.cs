using System.Globalization;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Status;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>
/// Manifests on the node as the source of pods. They run whether or not there is a control plane, which cannot run them elsewhere; mirror
/// pods show them there.
/// </summary>
/// <remarks>
/// A pod has a place by its name. A change of its manifest makes another pod (another uid), which gets the place when the former one has
/// ended, with its hooks and its grace period.
/// </remarks>
/// <param name="manifests">The places of manifests; earlier ones win if two have a pod of the same name.</param>
/// <param name="records">The pods that earlier daemons ran.</param>
/// <param name="mirrors">The mirror pods.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Receives faults.</param>
internal sealed partial class StaticPodSource(
    IReadOnlyList<IManifests> manifests, StaticPodRecords records, MirrorPods mirrors, TimeProvider timeProvider, ILogger logger) : IPodSource
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PodKey, Place> _places = [];
    private readonly HashSet<string> _leaving = new(StringComparer.Ordinal);
    private readonly HashSet<string> _hidden = new(StringComparer.Ordinal);
    private readonly IReadOnlyCollection<StaticPod>?[] _read = new IReadOnlyCollection<StaticPod>?[manifests.Count];
    private IObjectSink<V1Pod>? _pods;
    private bool _isComplete;

    /// <summary>Takes over the pods of an earlier daemon.</summary>
    /// <param name="pods">Runs the pods.</param>
    /// <param name="present">The uids of the pods that the node has something of.</param>
    public void Begin(IObjectSink<V1Pod> pods, IReadOnlySet<string> present)
    {
        lock (_lock)
        {
            _pods = pods;
            foreach (var pod in records.Read())
            {
                if (present.Contains(pod.Uid) && !_places.ContainsKey(pod.Key))
                    Take(new Place(), pod);
                else
                    records.Remove(pod.Uid);
            }

            Reconcile();
        }
    }

    /// <summary>Reads the manifests until the token ends it.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.WhenAll(manifests.Select((place, index) => place.RunAsync(RunningFrom(place), found => Note(index, found), cancellationToken)));
        }
    }

    public TimeSpan? StopAfter(V1Pod pod) => null;

    public IPodStatusWriter OpenStatus(string podUid) => new StaticPodStatus(mirrors);

    public Task ConfirmAsync(V1Pod pod, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task RemoveAsync(V1Pod pod, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var uid = pod.Metadata.Uid;
            if (!_places.TryGetValue(PodKey.Of(pod), out var place) || place.Current?.Uid != uid)
                return Task.CompletedTask;
            records.Remove(uid);
            (place.Current, place.IsEnding) = (null, false);
            _leaving.Add(uid);
            _pods!.Delete(pod);
            Settle(PodKey.Of(pod), place);
        }

        return Task.CompletedTask;
    }

    public void Ended(string podUid)
    {
        lock (_lock)
        {
            _leaving.Remove(podUid);
            foreach (var (key, place) in _places.Where(place => place.Value.Next?.Uid == podUid).ToList())
                Settle(key, place);
        }
    }

    private List<StaticPod> RunningFrom(IManifests place) =>
        [.. _places.Values.Where(one => !one.IsEnding).Select(one => one.Current).OfType<StaticPod>().Where(pod => place.IsOrigin(pod.Origin))];

    private void Note(int index, IReadOnlyCollection<StaticPod> found)
    {
        lock (_lock)
        {
            _read[index] = found;
            Reconcile();
        }
    }

    /// <summary>Brings the pods in line with the manifests. Places that were not read yet keep their pods.</summary>
    private void Reconcile()
    {
        var wanted = Wanted();
        foreach (var (key, place) in _places.ToList())
        {
            place.Next = wanted.GetValueOrDefault(key);
            if (place is { Current: { } current, IsEnding: false, Next: { } same } && current.Uid == same.Uid)
            {
                place.Next = null;
                if (!current.IsLike(same))
                    Take(place, Stamped(same, current));
            }
            else if (place is { Current: not null, IsEnding: false })
            {
                End(place);
            }
            else
            {
                Settle(key, place);
            }
        }

        foreach (var (key, pod) in wanted.Where(pod => !_places.ContainsKey(pod.Key)))
            Settle(key, _places[key] = new Place { Next = pod });
        if (_isComplete || _read.Contains(null))
            return;

        // Now nothing else of what runs here is a static pod's.
        _isComplete = true;
        _pods!.Replace([.. _places.Values.Select(place => place.Shown).OfType<V1Pod>()]);
    }

    private Dictionary<PodKey, StaticPod> Wanted()
    {
        var wanted = new Dictionary<PodKey, StaticPod>();
        var uids = new HashSet<string>(StringComparer.Ordinal);
        var hidden = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pod in manifests.SelectMany((place, index) => _read[index] ?? RunningFrom(place)).OrderBy(pod => !Runs(pod)))
        {
            if (!wanted.ContainsKey(pod.Key) && uids.Add(pod.Uid))
            {
                wanted.Add(pod.Key, pod);
            }
            else if (hidden.Add(pod.Origin) && _hidden.Add(pod.Origin))
            {
                LogHidden(pod.Key, pod.Origin);
            }
        }

        _hidden.IntersectWith(hidden);
        return wanted;
    }

    private bool Runs(StaticPod pod) => _places.TryGetValue(pod.Key, out var place) && place is { IsEnding: false } && place.Current?.Uid == pod.Uid;

    /// <summary>Gives an empty place to the next pod, if nothing of that is left here from before.</summary>
    private void Settle(PodKey key, Place place)
    {
        if (place is { Current: null, Next: { } next } && !_leaving.Contains(next.Uid))
        {
            place.Next = null;
            Take(place, Stamped(next, null));
        }
        else if (place is { Current: null, Next: null })
        {
            _places.Remove(key);
            mirrors.Show(key, null);
        }
    }

    private void Take(Place place, StaticPod pod)
    {
        records.Write(pod);
        _places[pod.Key] = place;
        (place.Current, place.Shown, place.IsEnding) = (pod, pod.Pod, false);
        mirrors.Show(pod.Key, pod.Pod);
        _pods!.Upsert(pod.Pod);
    }

    /// <summary>Asks the worker to end the pod, as a deletion in the API does.</summary>
    private void End(Place place)
    {
        var ending = ObjectCodec.Clone(place.Current!.Pod);
        var grace = ending.Spec.TerminationGracePeriodSeconds ?? 0;
        ending.Metadata.DeletionGracePeriodSeconds = grace;
        ending.Metadata.DeletionTimestamp = WireTime.Seconds(timeProvider.GetUtcNow() + TimeSpan.FromSeconds(Math.Clamp(grace, 0, int.MaxValue)));
        (place.Shown, place.IsEnding) = (ending, true);
        _pods!.Upsert(ending);
    }

    /// <summary>The pod with the time at which the node first saw it.</summary>
    private StaticPod Stamped(StaticPod pod, StaticPod? former)
    {
        var now = timeProvider.GetUtcNow();
        var copy = ObjectCodec.Clone(pod.Pod);
        copy.Metadata.Annotations[StaticPods.SeenAnnotation] =
            former?.Pod.Metadata.Annotations[StaticPods.SeenAnnotation] ?? now.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        copy.Status.StartTime = former?.Pod.Status?.StartTime ?? WireTime.Seconds(now);
        return pod with { Pod = copy };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The static pod {Pod} of {Origin} does not run: another manifest has a pod of the same name or uid")]
    private partial void LogHidden(PodKey pod, string origin);

    /// <summary>The place of a name: which pod has it, and which one gets it next.</summary>
    private sealed class Place
    {
        /// <summary>The pod that has the place; null if it is free.</summary>
        public StaticPod? Current { get; set; }

        /// <summary>The pod as its worker was last given it.</summary>
        public V1Pod? Shown { get => Current is null ? null : field; set; }

        public bool IsEnding { get; set; }

        /// <summary>The pod that gets the place when it is free; null if none does.</summary>
        public StaticPod? Next { get; set; }
    }
}
