namespace OrleansOrchestrator.Node.Dns;

/// <summary>How a DNS query went (RFC 1035, 4.1.1; RFC 6891).</summary>
internal enum ReturnCode
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,

    /// <summary>NXDOMAIN: neither the name nor a name below it has a record of any type.</summary>
    NameError = 3,

    NotImplemented = 4,
    Refused = 5,

    /// <summary>The query uses a version of EDNS that the server does not know.</summary>
    BadVersion = 16,
}
