using k8s.Models;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>A service port as its pods serve it. Orders by name, then number, then protocol.</summary>
/// <param name="Name">The service port's name; empty if it has none.</param>
/// <param name="Number">The port on the pods.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="AppProtocol">The application protocol; empty if none is stated.</param>
internal sealed record EndpointPort(string Name, int Number, string Protocol, string AppProtocol) : IComparable<EndpointPort>
{
    /// <summary>Stands for the absence of ports.</summary>
    public static readonly EndpointPort None = new("", -1, "", "");

    public int CompareTo(EndpointPort? other)
    {
        if (other is null)
            return 1;
        var byName = string.CompareOrdinal(Name, other.Name);
        if (byName != 0)
            return byName;
        var byNumber = Number.CompareTo(other.Number);
        if (byNumber != 0)
            return byNumber;
        var byProtocol = string.CompareOrdinal(Protocol, other.Protocol);
        return byProtocol != 0 ? byProtocol : string.CompareOrdinal(AppProtocol, other.AppProtocol);
    }

    public Corev1EndpointPort ToApi() => new()
    {
        Name = Name.Length == 0 ? null : Name,
        Port = Number,
        Protocol = Protocol,
        AppProtocol = AppProtocol.Length == 0 ? null : AppProtocol,
    };
}
