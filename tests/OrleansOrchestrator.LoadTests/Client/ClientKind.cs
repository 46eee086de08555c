namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>Whose code sends requests.</summary>
internal enum ClientKind
{
    /// <summary>The harness's own, which costs next to nothing.</summary>
    Lean,

    /// <summary>The framework's HTTP client.</summary>
    Framework,
}
