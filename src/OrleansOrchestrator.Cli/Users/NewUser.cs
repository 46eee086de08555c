namespace OrleansOrchestrator.Cli.Users;

/// <summary>A user to be given a certificate.</summary>
/// <param name="Name">The user's name.</param>
/// <param name="Groups">The user's groups.</param>
/// <param name="Life">How long the certificate is good.</param>
internal sealed record NewUser(string Name, IReadOnlyList<string> Groups, TimeSpan Life);
