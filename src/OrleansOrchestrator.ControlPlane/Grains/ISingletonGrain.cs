namespace OrleansOrchestrator.ControlPlane.Grains;

/// <summary>A grain that is wanted at all times: some silo activates it again when its own dies.</summary>
[Alias("ISingletonGrain")]
internal interface ISingletonGrain : IGrainWithStringKey
{
    /// <summary>Brings it up if it is not there.</summary>
    /// <returns>Null if it works; otherwise what keeps it from working, in one line.</returns>
    [Alias("Check")]
    Task<string?> CheckAsync();
}
