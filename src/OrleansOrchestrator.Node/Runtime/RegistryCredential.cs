namespace OrleansOrchestrator.Node.Runtime;

/// <summary>What a registry of images asks for.</summary>
internal sealed record RegistryCredential
{
    public string Server { get; init; } = "";

    public string Username { get; init; } = "";

    public string Password { get; init; } = "";

    public string IdentityToken { get; init; } = "";

    public string RegistryToken { get; init; } = "";
}
