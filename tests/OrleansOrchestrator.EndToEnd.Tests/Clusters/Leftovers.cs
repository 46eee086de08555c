namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>What a cluster must not leave behind.</summary>
internal static class Leftovers
{
    /// <summary>Processes and containers that mention the text: a cluster's data folder, or a namespace that only one test uses.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(string text)
    {
        var processes = HostProcesses.Mentioning(text).Select(HostProcesses.Describe);
        var containers = await DockerEngine.FindMissingAsync() is null ? await DockerEngine.ContainersMentioningAsync(text) : [];
        return [.. processes, .. containers];
    }
}
