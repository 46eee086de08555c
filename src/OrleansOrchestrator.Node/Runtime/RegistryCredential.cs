namespace OrleansOrchestrator.Node.Runtime;

/// <summary>What a registry of images asks for.</summary>
internal sealed record RegistryCredential
{
    public string Server { get; init; } = "";

    public string Username { get; init; } = "";

    public string Password { get; init; } = "";

    public string IdentityToken { get; init; } = "";

    public string RegistryToken { get; init; } = "";

    /// <summary>Pulls with one credential after the other, as the kubelet does; without one if there are none.</summary>
    /// <param name="credentials">The credentials.</param>
    /// <param name="pull">Pulls with a credential.</param>
    /// <param name="isRefusal">Whether the pull failed so that another credential may be right. The last failure is thrown.</param>
    public static async Task TryEachAsync(
        IReadOnlyList<RegistryCredential> credentials, Func<RegistryCredential?, Task> pull, Func<Exception, bool> isRefusal)
    {
        for (var i = 0; i < credentials.Count - 1; i++)
        {
            try
            {
                await pull(credentials[i]);
                return;
            }
            catch (Exception exception) when (isRefusal(exception))
            {
                // The next one may be right.
            }
        }

        await pull(credentials.LastOrDefault());
    }
}
