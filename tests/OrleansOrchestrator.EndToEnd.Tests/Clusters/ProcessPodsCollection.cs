using OrleansOrchestrator.EndToEnd.Tests.Workloads;

namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>The tests that share a cluster of one node whose pods are processes, and leave its services alone.</summary>
[CollectionDefinition]
public sealed class ProcessPodsCollection : ICollectionFixture<ProcessRuntime>;
