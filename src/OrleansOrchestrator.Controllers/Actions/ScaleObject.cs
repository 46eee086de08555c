using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>
/// Sets the wanted replicas of an object of any kind that has a scale, if these are as they were observed: whoever has scaled it since
/// has not been asked. Other changes, as of its status, do not matter.
/// </summary>
/// <param name="Resource">The resource.</param>
/// <param name="Key">The object.</param>
/// <param name="Uid">Its observed uid.</param>
/// <param name="ResourceVersion">Its observed version.</param>
/// <param name="Replicas">The wanted replicas.</param>
public sealed record ScaleObject(ResourceName Resource, ObjectKey Key, string Uid, string ResourceVersion, int Replicas) : ObjectAction(Resource)
{
    /// <summary>The observed wanted replicas.</summary>
    public required int From { get; init; }

    /// <inheritdoc/>
    public override ObjectKey Key { get; } = Key;

    /// <inheritdoc/>
    public override string Verb => "patch";

    /// <inheritdoc/>
    public override string Subresource => "scale";

    /// <inheritdoc/>
    public override async Task<WrittenObject?> ApplyAsync(IObjectWriter writer) => await writer.ScaleAsync(this);
}
