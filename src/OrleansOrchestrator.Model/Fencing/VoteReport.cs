namespace OrleansOrchestrator.Model.Fencing;

/// <summary>What a node says about its vote in each renewal of its lease.</summary>
/// <param name="Voter">By what name it votes.</param>
/// <param name="View">The id of the view that it uses; null if it has none.</param>
/// <param name="Beat">The newest beat that it has received; null for none.</param>
/// <param name="IsLent">Whether a peer may be running on by this vote, so that it does not count.</param>
public sealed record VoteReport(string Voter, string? View, string? Beat, bool IsLent)
{
    /// <summary>The lease annotation with the report.</summary>
    public const string Annotation = "orleansorchestrator.io/fencing-vote";

    /// <summary>The response header with the newest beat, which a renewal's acknowledgement carries.</summary>
    public const string BeatHeader = "OrleansOrchestrator-Beat";

    private const string None = "-";
    private const string Lent = "lent";

    /// <summary>Reads what <see cref="ToString"/> has written; null if it is anything else.</summary>
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
