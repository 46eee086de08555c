using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>Orders API versions as Kubernetes does: stable before beta before alpha, then higher numbers first.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority</remarks>
internal static partial class VersionPriority
{
    /// <summary>Compares versions so that the preferred one comes first.</summary>
    public static IComparer<string> HighestFirst { get; } = Comparer<string>.Create((left, right) =>
    {
        var byRank = Rank(right).CompareTo(Rank(left));
        return byRank != 0 ? byRank : string.CompareOrdinal(left, right);
    });

    private static (int Stability, int Major, int Minor) Rank(string version)
    {
        var match = Pattern.Match(version);
        if (!match.Success)
            return (0, 0, 0);
        var stability = match.Groups["stage"].Value switch
        {
            "" => 3,
            "beta" => 2,
            _ => 1,
        };
        return (stability, Number(match.Groups["major"]), Number(match.Groups["minor"]));
    }

    private static int Number(Group group) => int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex("^v(?<major>[0-9]+)((?<stage>alpha|beta)(?<minor>[0-9]+))?$")]
    private static partial Regex Pattern { get; }
}
