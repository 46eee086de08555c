namespace OrleansOrchestrator.Node.Dns;

/// <summary>Answers queries: names of the cluster from the zone, all others by upstream servers.</summary>
internal sealed class DnsResponder(ClusterZone zone, UpstreamResolver upstream)
{
    // How often a name may stand for another one of the cluster: services may name each other in a circle.
    private const int AliasesMax = 8;

    // A pointer to a name, what every record has, and an address of IPv4.
    private const int RecordBytesMin = 16;

    /// <summary>Answers what can be answered at once.</summary>
    /// <param name="query">The query.</param>
    /// <param name="buffer">Receives the answer.</param>
    /// <param name="bytesMax">The most bytes of the answer.</param>
    /// <param name="length">The bytes of the answer.</param>
    /// <returns>Whether it is answered; otherwise upstream servers must be asked.</returns>
    public bool TryAnswer(DnsQuery query, Span<byte> buffer, int bytesMax, out int length)
    {
        if (query.EdnsVersion > 0)
        {
            length = new ResponseWriter(buffer, query, bytesMax).Complete(ReturnCode.BadVersion, isAuthoritative: false);
            return true;
        }

        var found = Follow(query, bytesMax);
        if (found.Rest is not { } question)
        {
            length = Write(query, found, [], null, buffer, bytesMax);
            return true;
        }

        if (upstream.Find(question) is var (answer, age))
        {
            length = Write(query, found, answer, age, buffer, bytesMax);
            return true;
        }

        length = 0;
        return false;
    }

    /// <summary>Answers what upstream servers must be asked for.</summary>
    /// <inheritdoc cref="TryAnswer"/>
    /// <returns>The bytes of the answer.</returns>
    public async Task<int> AnswerAsync(DnsQuery query, Memory<byte> buffer, int bytesMax)
    {
        var found = Follow(query, bytesMax);
        if (found.Rest is not { } question)
            return Write(query, found, [], null, buffer.Span, bytesMax);
        return await upstream.AskAsync(question) is { } answer
            ? Write(query, found, answer, TimeSpan.Zero, buffer.Span, bytesMax)
            : Refuse(query, buffer.Span, bytesMax);
    }

    /// <summary>Says that there is no answer now.</summary>
    /// <inheritdoc cref="TryAnswer"/>
    /// <returns>The bytes of the answer.</returns>
    public static int Refuse(DnsQuery query, Span<byte> buffer, int bytesMax) =>
        new ResponseWriter(buffer, query, bytesMax).Complete(ReturnCode.ServerFailure, isAuthoritative: false);

    /// <summary>Follows a name through the services that stand for other names.</summary>
    private Found Follow(DnsQuery query, int bytesMax)
    {
        var name = query.Name;
        byte[]? wire = null;
        List<ResourceRecord> aliases = [];
        while (name is not null)
        {
            var answer = zone.Find(name, query.Type, (bytesMax / RecordBytesMin) + 1);
            if (answer.Outcome == ZoneOutcome.Elsewhere)
                break;
            if (answer.Outcome == ZoneOutcome.Unknown || aliases.Count > AliasesMax)
                return new Found(aliases, answer with { Outcome = ZoneOutcome.Unknown }, wire, null);
            if (answer.Alias is null)
                return new Found(aliases, answer, wire, null);
            var alias = answer.Records[0] with { Name = wire };
            aliases.Add(alias);
            if (query.Type is RecordType.Cname or RecordType.Any)
                return new Found(aliases, new ZoneAnswer(ZoneOutcome.Present), wire, null);
            (name, wire) = (answer.Alias, alias.Target);
        }

        return new Found(aliases, new ZoneAnswer(ZoneOutcome.Elsewhere), wire, wire is null ? query.ForUpstream : query.ForUpstream.About(wire));
    }

    private int Write(DnsQuery query, Found found, UpstreamAnswer answer, TimeSpan age, Span<byte> buffer, int bytesMax) => found.Aliases.Count == 0
        ? answer.Write(query, buffer, bytesMax, age)
        : Write(query, found, answer.Records(query.Type, age), answer.Code, buffer, bytesMax);

    private int Write(
        DnsQuery query, Found found, IEnumerable<ResourceRecord> more, ReturnCode? upstreamCode, Span<byte> buffer, int bytesMax)
    {
        if (found.Answer.Outcome == ZoneOutcome.Unknown)
            return Refuse(query, buffer, bytesMax);
        var writer = new ResponseWriter(buffer, query, bytesMax);
        foreach (var alias in found.Aliases)
            writer.AddAnswer(alias);
        foreach (var record in InAnyOrder(found.Answer.Records))
            writer.AddAnswer(found.Name is null ? record : record with { Name = found.Name });
        foreach (var record in more)
            writer.AddAnswer(record);
        foreach (var record in found.Answer.Additional)
            writer.AddAdditional(record);

        // Without records, the zone's start says how long that may be kept.
        var isMissing = found.Answer.Outcome == ZoneOutcome.Missing;
        var isAlias = found.Aliases.Count > 0 && query.Type is (RecordType.Cname or RecordType.Any);
        if (found.Answer.Outcome != ZoneOutcome.Elsewhere && found.Answer.Records.Count == 0 && !isAlias)
            writer.AddAuthority(zone.Start);
        return writer.Complete(upstreamCode ?? (isMissing ? ReturnCode.NameError : ReturnCode.NoError), isAuthoritative: true);
    }

    /// <summary>Addresses and services in any order, so that clients that take the first one share the work. Names of an address keep theirs.</summary>
    private static IReadOnlyList<ResourceRecord> InAnyOrder(IReadOnlyList<ResourceRecord> records)
    {
        if (records.Count < 2 || records[0].Type == RecordType.Ptr)
            return records;
        var shuffled = records.ToArray();
        Random.Shared.Shuffle(shuffled);
        return shuffled;
    }

    /// <summary>How far a name leads within the cluster.</summary>
    /// <param name="Aliases">The records of the services that stand for other names, in order.</param>
    /// <param name="Answer">What there is of the last name.</param>
    /// <param name="Name">The last name; null for that of the question.</param>
    /// <param name="Rest">What upstream servers must be asked; null for nothing.</param>
    private sealed record Found(IReadOnlyList<ResourceRecord> Aliases, ZoneAnswer Answer, byte[]? Name, UpstreamQuestion? Rest);
}
