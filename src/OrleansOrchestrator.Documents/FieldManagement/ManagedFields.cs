using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Documents.FieldSets;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>The managers of an object with their fields: its <c>metadata.managedFields</c>.</summary>
internal sealed class ManagedFields
{
    /// <summary>The most managers with updates, as in Kubernetes. The fields of older ones are merged under one name.</summary>
    public const int UpdatersMax = 10;

    private const string AncientChanges = "ancient-changes";

    private readonly List<ManagedEntry> _entries;

    private ManagedFields(List<ManagedEntry> entries) => _entries = entries;

    public bool IsEmpty => _entries.Count == 0;

    public IReadOnlyList<ManagedEntry> Entries => _entries;

    /// <summary>Reads the entries of an object; unreadable ones count as none.</summary>
    public static ManagedFields Decode(IList<V1ManagedFieldsEntry>? entries) => TryDecode(entries) ?? new([]);

    /// <summary>
    /// Reads the entries that an update leaves: its own, or those of the live object if it has none that are readable. An empty list,
    /// or one empty entry, resets all managers.
    /// </summary>
    public static ManagedFields DecodeForUpdate(IList<V1ManagedFieldsEntry>? updated, IList<V1ManagedFieldsEntry>? live)
    {
        if (IsReset(updated))
            return new([]);
        return TryDecode(updated) is { IsEmpty: false } given ? given : Decode(live);
    }

    /// <summary>The entries of the object, in their order; null if there are none.</summary>
    public IList<V1ManagedFieldsEntry>? Encode()
    {
        if (IsEmpty)
            return null;
        _entries.Sort(Order);
        return [.. _entries.Select(entry => entry.Encode())];
    }

    public ManagedEntry? Find(ManagedEntry manager) => _entries.Find(manager.IsSameManager);

    /// <summary>Sets the fields of a manager; a manager without fields is removed.</summary>
    public void Set(ManagedEntry entry)
    {
        var index = _entries.FindIndex(entry.IsSameManager);
        if (index >= 0)
            _entries[index] = entry;
        else
            _entries.Add(entry);
        DropEmpty();
    }

    /// <summary>Takes the fields that a write changes from all managers but one, each in its own version. Managers of a version that no
    /// longer exists are removed.</summary>
    public void Take(VersionedDifferences differences, ManagedEntry? except = null)
    {
        for (var i = 0; i < _entries.Count; i++)
        {
            var entry = _entries[i];
            if (except is not null && entry.IsSameManager(except))
                continue;
            _entries[i] = entry.With(differences.In(entry.ApiVersion) is { } difference
                ? entry.Fields.Difference(difference.Changed).Difference(difference.Removed)
                : FieldSet.Empty);
        }

        DropEmpty();
    }

    /// <summary>All fields owned by managers other than one.</summary>
    public FieldSet OwnedByOthers(ManagedEntry manager) => _entries
        .Where(entry => !entry.IsSameManager(manager))
        .Aggregate(FieldSet.Empty, (owned, entry) => owned.Union(entry.Fields));

    /// <summary>Adds the fields that an update changed to those of its manager.</summary>
    public void RecordUpdate(string manager, string apiVersion, string subresource, FieldSet changed, DateTime time)
    {
        if (changed.IsEmpty)
            return;
        var entry = new ManagedEntry
        {
            Manager = manager,
            IsApplied = false,
            ApiVersion = apiVersion,
            Subresource = subresource,
            Time = time,
            Fields = changed,
        };
        var earlier = Find(entry);
        Set(earlier is null ? entry : earlier.With(earlier.Fields.Union(changed), time, apiVersion));
        MergeOldUpdaters();
    }

    /// <summary>Whether two lists of entries differ in their times only.</summary>
    public static bool DifferInTimeOnly(IList<V1ManagedFieldsEntry>? left, IList<V1ManagedFieldsEntry>? right)
    {
        if (left is null || right is null || left.Count != right.Count || ReferenceEquals(left, right))
            return false;
        var (ours, theirs) = (TryDecode(left), TryDecode(right));
        return ours is not null && theirs is not null && ours._entries.Count == theirs._entries.Count
            && ours._entries.TrueForAll(entry => theirs.Find(entry) is { } other && other.ApiVersion == entry.ApiVersion && other.Fields.Equals(entry.Fields));
    }

    private static ManagedFields? TryDecode(IList<V1ManagedFieldsEntry>? entries)
    {
        if (entries is null)
            return null;
        try
        {
            var managed = new ManagedFields(new(entries.Count + 1));
            foreach (var entry in entries)
            {
                var decoded = ManagedEntry.Decode(entry);
                if (managed._entries.Exists(decoded.IsSameManager))
                    managed._entries.RemoveAll(decoded.IsSameManager);
                managed._entries.Add(decoded);
            }

            return managed;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsReset(IList<V1ManagedFieldsEntry>? entries) => entries switch
    {
        null => false,
        { Count: 0 } => true,
        [{ Manager: null or "", Operation: null or "", ApiVersion: null or "", Subresource: null or "", FieldsType: null or "", FieldsV1: null, Time: null }] => true,
        _ => false,
    };

    private static int Order(ManagedEntry left, ManagedEntry right)
    {
        if (left.IsApplied != right.IsApplied)
            return left.IsApplied ? -1 : 1;
        var order = Seconds(left).CompareTo(Seconds(right));
        if (order == 0)
            order = string.CompareOrdinal(left.Manager, right.Manager);
        if (order == 0)
            order = string.CompareOrdinal(left.ApiVersion, right.ApiVersion);
        return order == 0 ? string.CompareOrdinal(left.Subresource, right.Subresource) : order;
    }

    private static long Seconds(ManagedEntry entry) => entry.Time is { } time ? time.Ticks / TimeSpan.TicksPerSecond : 0;

    private void DropEmpty() => _entries.RemoveAll(entry => entry.Fields.IsEmpty);

    /// <summary>Bounds the number of updaters by merging the oldest of a version.</summary>
    private void MergeOldUpdaters()
    {
        var updaters = _entries.Where(entry => !entry.IsApplied).Order(Comparer<ManagedEntry>.Create(Order)).ToList();
        var excess = updaters.Count - UpdatersMax;
        var buckets = new Dictionary<string, ManagedEntry>(StringComparer.Ordinal);
        foreach (var updater in updaters)
        {
            if (excess <= 0)
                return;
            if (!buckets.TryGetValue(updater.ApiVersion, out var bucket))
            {
                buckets[updater.ApiVersion] = updater;
                continue;
            }

            var merged = new ManagedEntry
            {
                Manager = AncientChanges,
                IsApplied = false,
                ApiVersion = updater.ApiVersion,
                Subresource = "",
                Time = updater.Time,
                Fields = bucket.Fields.Union(updater.Fields),
            };
            _entries.Remove(bucket);
            _entries.Remove(updater);
            Set(merged);
            buckets[updater.ApiVersion] = merged;
            excess--;
        }
    }
}
