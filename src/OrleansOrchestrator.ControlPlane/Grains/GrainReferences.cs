namespace OrleansOrchestrator.ControlPlane.Grains;

/// <summary>Makes references to many grains of one kind. The factory looks an interface's attributes up for each of them, which
/// costs several times what a call to the grain does.</summary>
/// <param name="grains">The factory.</param>
internal sealed class GrainReferences<TGrain>(IGrainFactory grains)
    where TGrain : IGrainWithStringKey
{
    private (GrainType Type, GrainInterfaceType Interface)? _known;

    /// <summary>The grain of a key.</summary>
    public TGrain this[string key]
    {
        get
        {
            if (_known is { } known)
                return (TGrain)grains.GetGrain(GrainId.Create(known.Type, key), known.Interface);
            var grain = grains.GetGrain<TGrain>(key);
            _known = (grain.GetGrainId().Type, ((GrainReference)(object)grain).InterfaceType);
            return grain;
        }
    }
}
