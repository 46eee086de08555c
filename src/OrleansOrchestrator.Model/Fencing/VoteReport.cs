namespace OrleansOrchestrator.Model.Fencing;

/// <summary>A node's report about its vote in each renewal of its lease.</summary>
/// <param name="Voter">The voter name.</param>
/// <param name="View">The id of its view; null if it has none.</param>
/// <param name="Beat">The newest beat that it has received; null for none.</param>
/// <param name="IsLent">Whether a peer may be running on by this vote, so that it does not count.</param>
public sealed record VoteReport(string Voter, string? View, string? Beat, bool IsLent)
{
    /// <summary>The lease annotation with the report.</summary>
    public const string Annotation = "orleansorchestrator.io/fencing-vote";

    /// <summary>The response header with the newest beat in a renewal's acknowledgement.</summary>
    public const string BeatHeader = "OrleansOrchestrator-Beat";

    private const string None = "-";
    private const string Lent = "lent";

    /// <summary>Parses the form of <see cref="ToString"/>; null for other texts.</summary>
    public static VoteReport? Parse(string? text) => text?.Split(' ') switch
    {
        [var voter, var view, var beat] when voter.Length > 0 => new VoteReport(voter, OrNull(view), OrNull(beat), IsLent: false),
        [var voter, var view, var beat, Lent] when voter.Length > 0 => new VoteReport(voter, OrNull(view), OrNull(beat), IsLent: true),
        _ => null,
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Voter} {View ?? None} {Beat ?? None}{(IsLent ? " " + Lent : "")}";

    private static string? OrNull(string text) => text == None ? null : text;
}
