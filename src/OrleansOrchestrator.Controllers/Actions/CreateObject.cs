using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>Creates an object. If the object exists already, this action fails and the rest of the plan goes on.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Object">The object, with its namespace, and a name or generateName.</param>
public sealed record CreateObject(ResourceName Resource, KubeObject Object) : ObjectAction(Resource)
{
    /// <inheritdoc/>
    public override ObjectKey Key => ObjectKey.Of(Object);

    /// <inheritdoc/>
    public override string Verb => "create";

    /// <inheritdoc/>
    public override async Task<WrittenObject?> ApplyAsync(IObjectWriter writer) => await writer.CreateAsync(Resource, Object);
}
