using OrleansOrchestrator.Kinds.Bootstrap;

namespace OrleansOrchestrator.Cli.Tokens;

/// <summary>A token to be made.</summary>
/// <param name="Token">The token.</param>
/// <param name="Life">How long it is good; zero for ever.</param>
/// <param name="Usages">What it is for.</param>
/// <param name="Groups">The groups of who joins with it.</param>
/// <param name="Description">For people.</param>
internal sealed record NewToken(BootstrapToken Token, TimeSpan Life, IReadOnlyList<string> Usages, IReadOnlyList<string> Groups, string Description);
