using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>
/// What a claim that takes any volume demands of it, and the order in which it prefers volumes: those that are reserved for it, then those
/// with the fewest access modes, and of these the smallest. Of equal ones each claim prefers another, so that claims that look at the same
/// time seldom want the same.
/// </summary>
public sealed class VolumeDemand : IComparer<V1PersistentVolume>
{
    private readonly V1PersistentVolumeClaim _claim;
    private readonly string _className;
    private readonly LabelSelector? _selector;

    /// <summary>Reads a claim.</summary>
    public VolumeDemand(V1PersistentVolumeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        _claim = claim;
        _className = claim.ClassName;
        _selector = claim.Spec.Selector is { } wanted ? LabelSelector.From(wanted) : null;
        Size = claim.RequestedSize;
    }

    /// <summary>The least size of the volume.</summary>
    public Quantity Size { get; }

    /// <summary>Whether the claim may get a volume.</summary>
    public bool Fits(V1PersistentVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        // A deleted volume is left alone, unless its binding to the claim has begun.
        var isCandidate = volume.IsFor(_claim)
            ? volume.Metadata.DeletionTimestamp is null || volume.Spec.ClaimRef.Uid == _claim.Metadata.Uid
            : volume.IsFree && volume.ClassName == _className && _selector?.Matches(volume.Metadata.Labels) is not false
                && volume.Spec.VolumeAttributesClassName.Or("") == _claim.Spec.VolumeAttributesClassName.Or("");
        return isCandidate && volume.Size >= Size && VolumeMatching.HasSameMode(volume, _claim) && VolumeMatching.HasModesOf(volume, _claim);
    }

    /// <summary>The best volume first.</summary>
    public int Compare(V1PersistentVolume? x, V1PersistentVolume? y)
    {
        if (x is null || y is null)
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        var order = y.IsFor(_claim).CompareTo(x.IsFor(_claim));
        if (order == 0)
            order = VolumeRank.Of(x).CompareTo(VolumeRank.Of(y));
        if (order == 0)
            order = Draw(x).CompareTo(Draw(y));
        return order != 0 ? order : string.CompareOrdinal(x.Metadata.Name, y.Metadata.Name);
    }

    /// <summary>The place of a volume among equal ones: a number that differs from claim to claim (rendezvous hashing).</summary>
    public uint Draw(V1PersistentVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        var hash = 2166136261u;
        foreach (var text in (ReadOnlySpan<string?>)[_claim.Metadata.Uid, volume.Metadata.Name])
        {
            foreach (var character in text ?? "")
                hash = (hash ^ character) * 16777619u;
        }

        return hash;
    }
}

/// <summary>What makes a volume better than another for any claim.</summary>
/// <param name="Modes">The number of its access modes; few are better.</param>
/// <param name="Size">Its size; small is better.</param>
public readonly record struct VolumeRank(int Modes, Quantity Size) : IComparable<VolumeRank>
{
    /// <summary>The rank of a volume.</summary>
    public static VolumeRank Of(V1PersistentVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return new VolumeRank(volume.Spec.AccessModes.OrNone().Count, volume.Size);
    }

    /// <inheritdoc/>
    public int CompareTo(VolumeRank other)
    {
        var order = Modes.CompareTo(other.Modes);
        return order != 0 ? order : Size.CompareTo(other.Size);
    }
}
