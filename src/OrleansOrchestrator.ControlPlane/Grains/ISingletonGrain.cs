namespace OrleansOrchestrator.ControlPlane.Grains;

/// <summary>A grain that is always active: another silo activates it when its silo dies.</summary>
[Alias("ISingletonGrain")]
internal interface ISingletonGrain : IGrainWithStringKey
{
    /// <summary>Activates the grain if it is not active.</summary>
    /// <returns>Null if it works; otherwise the reason in one line.</returns>
    [Alias("Check")]
    Task<string?> CheckAsync();
}
