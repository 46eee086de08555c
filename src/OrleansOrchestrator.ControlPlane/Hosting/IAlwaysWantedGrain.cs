namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>A grain that is wanted at all times: some silo activates it again when its own dies.</summary>
[Alias("IAlwaysWantedGrain")]
internal interface IAlwaysWantedGrain : IGrainWithStringKey
{
    /// <summary>Does nothing but be there.</summary>
    [Alias("EnsureRunning")]
    Task EnsureRunningAsync();
}
