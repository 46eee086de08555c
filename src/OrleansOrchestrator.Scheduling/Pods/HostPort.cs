namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>A port that a container takes on its node.</summary>
/// <param name="Ip">The host address it binds to; empty or 0.0.0.0 means all.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Port">The port number.</param>
internal readonly record struct HostPort(string Ip, string Protocol, int Port)
{
    public const string AnyAddress = "0.0.0.0";

    public static HostPort From(string? ip, string? protocol, int port) =>
        new(string.IsNullOrEmpty(ip) ? AnyAddress : ip, string.IsNullOrEmpty(protocol) ? "TCP" : protocol, port);

    public bool ConflictsWith(HostPort other) =>
        Port == other.Port && Protocol == other.Protocol && (Ip == other.Ip || Ip == AnyAddress || other.Ip == AnyAddress);
}
