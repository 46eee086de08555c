using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>Where the cluster's gateways serve ingresses: an annotation of the endpoints of the <c>kubernetes</c> service.</summary>
public static class IngressGateways
{
    /// <summary>The annotation: addresses and names, separated by commas.</summary>
    public const string Annotation = "orleansorchestrator.io/ingress-addresses";

    private const char Separator = ',';

    /// <summary>The annotations for addresses; null for none.</summary>
    public static Dictionary<string, string>? Annotate(IEnumerable<string> addresses)
    {
        var text = string.Join(Separator, addresses.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        return text.Length == 0 ? null : new Dictionary<string, string> { [Annotation] = text };
    }

    /// <summary>The addresses that an object is annotated with, in order; empty if there are none.</summary>
    public static IReadOnlyList<string> AddressesOf(KubeObject? obj) =>
        obj?.Metadata?.Annotations.OrNone().TryGetValue(Annotation, out var text) is true
            ? text.Split(Separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [];
}
