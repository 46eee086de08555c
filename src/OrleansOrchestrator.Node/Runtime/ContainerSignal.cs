namespace OrleansOrchestrator.Node.Runtime;

internal enum ContainerSignal
{
    /// <summary>Asks the container to end: SIGTERM, or the stop signal its image names.</summary>
    Terminate,

    /// <summary>Ends the container at once: SIGKILL.</summary>
    Kill,
}
