using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Quotas;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// What the objects of a resource take of the quotas of their namespaces. The store is the only writer of its resource and knows all that
/// it has accepted, so that no two writes share what is left of a quota, nothing has to be reserved, and nothing leaks when a silo dies.
/// </summary>
/// <remarks>
/// Each limited name is about one resource (<see cref="ObjectUsage.ResourceOf"/>), so that no two stores have to agree. What is used is
/// added up when a write first brings a quota along, and kept up to date from then on; namespaces without quotas cost nothing.
/// </remarks>
/// <param name="resource">The resource.</param>
/// <param name="acceptedIn">All accepted objects of a namespace.</param>
/// <param name="time">The clock.</param>
internal sealed class QuotaLedger(ResourceName resource, Func<string, IEnumerable<StoredObject>> acceptedIn, TimeProvider time)
{
    // The quotas that the newest write of each namespace brought along.
    private readonly Dictionary<string, List<Account>> _accounts = new(StringComparer.Ordinal);

    /// <summary>Judges a write.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="limits">The quotas that it must keep to.</param>
    /// <param name="before">The object as it is; null if there is none.</param>
    /// <param name="after">The object as it will be.</param>
    /// <returns>Null if all quotas allow it; otherwise why one does not.</returns>
    public string? FindExcess(string @namespace, IReadOnlyList<QuotaLimit>? limits, StoredObject? before, StoredObject after)
    {
        if (limits is not { Count: > 0 })
        {
            // A creation brings along all quotas that there are: there is none any more.
            if (before is null)
                _accounts.Remove(@namespace);
            return null;
        }

        foreach (var account in AccountsOf(@namespace, limits))
        {
            if (account.FindExcess(before, after) is { } excess)
                return excess;
        }

        return null;
    }

    /// <summary>Takes note of a write that has been accepted.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="before">The object before it; null if there was none.</param>
    /// <param name="after">The object after it; null if it is gone.</param>
    public void Note(string @namespace, StoredObject? before, StoredObject? after)
    {
        if (_accounts.Count == 0 || !_accounts.TryGetValue(@namespace, out var accounts))
            return;

        // Most writes are of a pod's status.
        if (before is not null && after is not null && ObjectUsage.IsSurelySame(before, after))
            return;
        foreach (var account in accounts)
            account.Replace(before, after);
    }

    /// <summary>Forgets what is used: it is added up again when it is asked for.</summary>
    public void Clear() => _accounts.Clear();

    /// <summary>The accounts of a namespace's quotas, as of now.</summary>
    private List<Account> AccountsOf(string @namespace, IReadOnlyList<QuotaLimit> limits)
    {
        var now = time.GetUtcNow();
        var accounts = _accounts.GetValueOrDefault(@namespace);
        if (accounts is null || accounts.Count != limits.Count || !accounts.Zip(limits).All(pair => pair.First.IsOf(pair.Second)))
        {
            accounts = [.. limits.Select(limit =>
                accounts?.FirstOrDefault(account => account.IsOf(limit)) ?? new Account(limit, resource, acceptedIn(@namespace), now))];
            _accounts[@namespace] = accounts;
        }

        foreach (var account in accounts)
            account.Advance(now);
        return accounts;
    }

    /// <summary>What is used of one quota.</summary>
    private sealed class Account
    {
        private readonly QuotaLimit _limit;
        private readonly ResourceName _resource;
        private readonly QuotaLimits _quota;
        private readonly Dictionary<string, Quantity> _used = new(StringComparer.Ordinal);

        // What the pods take that are being deleted and count until then, by when they should have gone.
        private readonly SortedDictionary<(DateTimeOffset End, ObjectKey Pod), ObjectUsage> _ending = [];

        // Everything is weighed as at one moment, so that what is taken away is what was added.
        private DateTimeOffset _asOf;

        public Account(QuotaLimit limit, ResourceName resource, IEnumerable<StoredObject> objects, DateTimeOffset now)
        {
            (_limit, _resource, _asOf) = (limit, resource, now);
            _quota = new QuotaLimits(limit.Name, ObjectCodec.Decode<V1ResourceQuotaSpec>(limit.Spec.Span));
            foreach (var obj in objects)
                Replace(null, obj);
        }

        public bool IsOf(QuotaLimit limit) => limit.Name == _limit.Name && limit.Spec.Span.SequenceEqual(_limit.Spec.Span);

        public string? FindExcess(StoredObject? before, StoredObject after) =>
            _quota.FindExcess(_used, _quota.UsageOf(before).At(_asOf), _quota.UsageOf(after).At(_asOf));

        public void Replace(StoredObject? before, StoredObject? after)
        {
            var (former, usage) = (_quota.UsageOf(before), _quota.UsageOf(after));
            _quota.Remove(_used, former.At(_asOf), _resource);
            _quota.Add(_used, usage.At(_asOf), _resource);
            if (former.EndsAt is { } formerEnd)
                _ending.Remove((formerEnd, before!.Key));
            if (usage.EndsAt is { } end && end >= _asOf)
                _ending[(end, after!.Key)] = usage;
        }

        /// <summary>Goes on to a later moment: weighs anew the pods that should have gone by then, and no others.</summary>
        public void Advance(DateTimeOffset now)
        {
            // Clocks may be set back.
            if (now <= _asOf)
                return;
            while (_ending.FirstOrDefault() is { Value: { } usage } due && due.Key.End < now)
            {
                _ending.Remove(due.Key);
                _quota.Remove(_used, usage.Amounts, _resource);
                _quota.Add(_used, usage.At(now), _resource);
            }

            _asOf = now;
        }
    }
}
