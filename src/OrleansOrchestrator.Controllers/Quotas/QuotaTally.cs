using System.Collections.Immutable;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Kinds.Core.Quotas;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Quotas;

/// <summary>What each object of a quota's namespace uses of it, and the sum. A change of one object costs the same beside 10,000 others.</summary>
internal sealed record QuotaTally : PlanSummary
{
    private static readonly ImmutableSortedSet<(DateTimeOffset At, string Part)> NoEnds = ImmutableSortedSet<(DateTimeOffset At, string Part)>.Empty.WithComparer(
        Comparer<(DateTimeOffset At, string Part)>.Create(static (left, right) =>
            left.At.CompareTo(right.At) is var order and not 0 ? order : string.CompareOrdinal(left.Part, right.Part)));

    private ImmutableDictionary<string, CountedUsage> _counted = ImmutableDictionary.Create<string, CountedUsage>(StringComparer.Ordinal);
    private ImmutableSortedSet<(DateTimeOffset At, string Part)> _ends = NoEnds;

    /// <summary>What the count depends on besides the objects: the quota and its spec.</summary>
    public required (string Uid, string Spec) Basis { get; init; }

    /// <summary>The sum by limited name, as far as anything is used.</summary>
    public ImmutableDictionary<string, Quantity> Used { get; private init; } = ImmutableDictionary.Create<string, Quantity>(StringComparer.Ordinal);

    /// <summary>When the next object that is being deleted should have gone; null if there is none.</summary>
    public DateTimeOffset? NextEnd => _ends.IsEmpty ? null : _ends.Min.At;

    /// <inheritdoc/>
    public override int Count => _counted.Count;

    /// <inheritdoc/>
    public override IEnumerable<string> OpenParts(DateTimeOffset now) => _ends.TakeWhile(end => end.At < now).Select(end => end.Part);

    /// <summary>The name of the part that an object is.</summary>
    public static string PartOf(ResourceName resource, string name) => $"{resource}/{name}";

    /// <summary>The object that a part is.</summary>
    public static (ResourceName Resource, string Name) Read(string part)
    {
        var slash = part.IndexOf('/', StringComparison.Ordinal);
        return (ResourceName.Parse(part[..slash]), part[(slash + 1)..]);
    }

    /// <summary>This count with the present usage of some objects; null for those that use nothing.</summary>
    public QuotaTally With(QuotaLimits limits, IEnumerable<(string Part, ObjectUsage? Usage)> changed, DateTimeOffset now)
    {
        var (counted, ends, used) = (_counted.ToBuilder(), _ends.ToBuilder(), Used.ToBuilder());
        foreach (var (part, usage) in changed)
        {
            var resource = Read(part).Resource;
            if (counted.Remove(part, out var before))
            {
                limits.Remove(used, before.Amounts, resource);
                if (before.EndsAt is { } ended)
                    ends.Remove((ended, part));
            }

            if (usage is null)
                continue;
            var present = new CountedUsage(usage.At(now), usage.EndsAt >= now ? usage.EndsAt : null);
            counted[part] = present;
            limits.Add(used, present.Amounts, resource);
            if (present.EndsAt is { } end)
                ends.Add((end, part));
        }

        return this with { _counted = counted.ToImmutable(), _ends = ends.ToImmutable(), Used = used.ToImmutable() };
    }

    /// <summary>What an object counts for now, and when it should have gone.</summary>
    private sealed record CountedUsage(IReadOnlyDictionary<string, Quantity> Amounts, DateTimeOffset? EndsAt);
}
