namespace OrleansOrchestrator.Controllers.Ingresses;

/// <summary>What was written about an ingress: addresses into its status, and faults into events.</summary>
/// <param name="Addresses">The addresses, in order.</param>
/// <param name="Faults">The faults.</param>
internal sealed record IngressMemory(IReadOnlyList<string> Addresses, IReadOnlyList<string> Faults)
{
    private const char Line = '\n';
    private const char Separator = ',';

    /// <summary>Reads what <see cref="Write"/> made.</summary>
    public static IngressMemory Read(string text) => text.Split(Line) is [var addresses, .. var faults]
        ? new IngressMemory(addresses.Split(Separator, StringSplitOptions.RemoveEmptyEntries), faults)
        : new IngressMemory([], []);

    /// <summary>As text: a line of addresses, and a line for each fault.</summary>
    public string Write() => string.Join(Line, [string.Join(Separator, Addresses), .. Faults.Select(fault => fault.ReplaceLineEndings(" "))]);
}
