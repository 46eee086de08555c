namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>
/// The tests that spend minutes waiting for what must not happen. One after the other they run beside two others all the time, and
/// take hardly anything from them.
/// </summary>
[CollectionDefinition]
public sealed class WaitingCollection;
