namespace OrleansOrchestrator.Node.Runtime;

internal enum ContainerSignal
{
    /// <summary>Asks the container to stop: SIGTERM, or its image's stop signal.</summary>
    Terminate,

    /// <summary>Kills the container: SIGKILL.</summary>
    Kill,
}
