namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>
/// The tests whose pods run: service addresses and node ports belong to the machine, so that one cluster has them at a time.
/// </summary>
[CollectionDefinition]
public sealed class PodsCollection;
