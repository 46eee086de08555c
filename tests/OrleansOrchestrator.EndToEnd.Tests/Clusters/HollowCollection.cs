namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>The tests that share one hollow cluster.</summary>
[CollectionDefinition]
public sealed class HollowCollection : ICollectionFixture<HollowCluster>;
