namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>The user who sends a request.</summary>
/// <param name="Name">The user's name.</param>
/// <param name="Groups">The groups the user is in.</param>
/// <param name="Uid">The user's uid, where the authenticator knows one.</param>
public sealed record UserInfo(string Name, IReadOnlyList<string> Groups, string? Uid = null)
{
    private static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> NothingMore = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Further attributes of the user, by lower-case key.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = NothingMore;

    /// <summary>The control plane itself.</summary>
    public static UserInfo ControlPlane { get; } = new("system:orchestrator", [WellKnownGroups.Masters, WellKnownGroups.Authenticated]);

    /// <summary>Whether the user is in a group.</summary>
    public bool IsIn(string group) => Groups.Contains(group, StringComparer.Ordinal);
}
