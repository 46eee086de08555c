namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Where service addresses come from.</summary>
public sealed record ServiceAddressOptions
{
    /// <summary>The IPv4 range of cluster IPs, as in <c>10.96.0.0/16</c>. Its first address is the API's own.</summary>
    public string ServiceCidr { get; init; } = "10.96.0.0/16";

    /// <summary>The first node port.</summary>
    public int NodePortFirst { get; init; } = 30_000;

    /// <summary>The last node port.</summary>
    public int NodePortLast { get; init; } = 32_767;
}
