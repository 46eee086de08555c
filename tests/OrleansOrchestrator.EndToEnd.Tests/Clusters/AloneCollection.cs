namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>The tests that run when no others do, because their deadlines are those of the product.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class AloneCollection;
