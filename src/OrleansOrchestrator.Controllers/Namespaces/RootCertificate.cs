namespace OrleansOrchestrator.Controllers.Namespaces;

/// <summary>The certificate authority that pods trust when they call the API.</summary>
/// <param name="Pem">The authority's certificate as PEM; null if another program serves the API.</param>
public sealed record RootCertificate(string? Pem);
