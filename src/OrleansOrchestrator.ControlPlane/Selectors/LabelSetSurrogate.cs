using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <summary>A label set as serialised between silos.</summary>
[GenerateSerializer, Immutable, Alias("LabelSetSurrogate")]
internal struct LabelSetSurrogate
{
    [Id(0)] public KeyValuePair<string, string>[] Labels;
}

/// <summary>Converts label sets to their surrogates and back.</summary>
[RegisterConverter]
internal sealed class LabelSetConverter : IConverter<LabelSet, LabelSetSurrogate>
{
    public LabelSet ConvertFromSurrogate(in LabelSetSurrogate surrogate) => LabelSet.From(surrogate.Labels);

    public LabelSetSurrogate ConvertToSurrogate(in LabelSet value) => new() { Labels = [.. value] };
}
