namespace OrleansOrchestrator.Gateway.Identity;

/// <summary>Object identifiers of certificates (RFC 5280, X.520).</summary>
internal static class Oids
{
    public const string CommonName = "2.5.4.3";
    public const string Organization = "2.5.4.10";
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
}
