namespace OrleansOrchestrator.Node.Dns;

/// <summary>What the zone knows about a name.</summary>
/// <param name="Outcome">What there is.</param>
internal readonly record struct ZoneAnswer(ZoneOutcome Outcome)
{
    /// <summary>The records of the wanted type, in no particular order. Empty if the name has only others.</summary>
    public IReadOnlyList<ResourceRecord> Records { get; init; } = [];

    /// <summary>The records of the names in these records.</summary>
    public IReadOnlyList<ResourceRecord> Additional { get; init; } = [];

    /// <summary>The name for which this one stands, and about which the question goes on; null for any other.</summary>
    public string? Alias { get; init; }
}

/// <summary>What there is of a name.</summary>
internal enum ZoneOutcome
{
    /// <summary>It is none of the cluster's.</summary>
    Elsewhere,

    /// <summary>It may be the cluster's, but the cluster's services are not known yet.</summary>
    Unknown,

    /// <summary>It is in the cluster's domain, and does not exist.</summary>
    Missing,

    /// <summary>It exists.</summary>
    Present,
}
