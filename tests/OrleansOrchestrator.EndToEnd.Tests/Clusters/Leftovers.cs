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

    /// <summary>Ends what a failed test has left, so that it does not stand in the way of the next one.</summary>
    public static async Task RemoveAsync(string text)
    {
        foreach (var id in HostProcesses.WithSessions(HostProcesses.Mentioning(text)))
            HostProcesses.Kill(id);
        if (await DockerEngine.FindMissingAsync() is not null)
            return;
        foreach (var container in await DockerEngine.ContainersMentioningAsync(text))
            await DockerEngine.RemoveAsync(container.Split(' ')[0]);
    }
}
