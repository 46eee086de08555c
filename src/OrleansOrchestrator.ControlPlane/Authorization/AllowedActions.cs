using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>What a user may do, as far as it can be listed.</summary>
/// <param name="Resources">On resources.</param>
/// <param name="Paths">On other paths.</param>
/// <param name="WhyIncomplete">Why there may be more; empty if this is all.</param>
public sealed record AllowedActions(
    IReadOnlyList<V1ResourceRule> Resources, IReadOnlyList<V1NonResourceRule> Paths, string WhyIncomplete = "")
{
    /// <summary>These and others.</summary>
    public AllowedActions And(AllowedActions others) => new(
        [.. Resources, .. others.Resources],
        [.. Paths, .. others.Paths],
        string.Join("; ", new[] { WhyIncomplete, others.WhyIncomplete }.Where(why => why.Length > 0)));
}
