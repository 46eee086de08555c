using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>A user's permissions, as far as they can be listed.</summary>
/// <param name="Resources">On resources.</param>
/// <param name="Paths">On other paths.</param>
/// <param name="WhyIncomplete">Why the list may be incomplete; empty if it is complete.</param>
public sealed record AllowedActions(
    IReadOnlyList<V1ResourceRule> Resources, IReadOnlyList<V1NonResourceRule> Paths, string WhyIncomplete = "")
{
    /// <summary>What could not be evaluated, such as grants of roles that do not exist; empty if there is nothing.</summary>
    public string Fault { get; init; } = "";

    /// <summary>Both lists together.</summary>
    public AllowedActions And(AllowedActions others) => new(
        [.. Resources, .. others.Resources], [.. Paths, .. others.Paths], Join(WhyIncomplete, others.WhyIncomplete))
    {
        Fault = Join(Fault, others.Fault),
    };

    private static string Join(string first, string second) => string.Join("; ", new[] { first, second }.Where(text => text.Length > 0));
}
