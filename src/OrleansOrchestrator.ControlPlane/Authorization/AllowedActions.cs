using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>A user's permissions, as far as they can be listed.</summary>
/// <param name="Resources">On resources.</param>
/// <param name="Paths">On other paths.</param>
/// <param name="WhyIncomplete">Why the list may be incomplete; empty if it is complete.</param>
public sealed record AllowedActions(
    IReadOnlyList<V1ResourceRule> Resources, IReadOnlyList<V1NonResourceRule> Paths, string WhyIncomplete = "")
{
    /// <summary>Both lists together.</summary>
    public AllowedActions And(AllowedActions others) => new(
        [.. Resources, .. others.Resources],
        [.. Paths, .. others.Paths],
        string.Join("; ", new[] { WhyIncomplete, others.WhyIncomplete }.Where(why => why.Length > 0)));
}
