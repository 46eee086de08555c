using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>Which fields a write can own: not those that it cannot change, as the status through the main door.</summary>
internal static class OwnershipScope
{
    private static readonly FieldSet Status = FieldSetJson.Read("""{"f:status":{}}""");

    // The same that a status update restores of the object as it is.
    private static readonly FieldSet AllButStatus = FieldSetJson.Read(
        """{"f:spec":{},"f:metadata":{"f:labels":{},"f:ownerReferences":{},"f:finalizers":{},"f:deletionTimestamp":{}}}""");

    /// <summary>The part of a set that a write through a subresource can own.</summary>
    public static FieldSet Of(ResourceDefinition definition, string subresource, FieldSet fields)
    {
        if (!definition.HasStatus || fields.IsEmpty)
            return fields;
        return Without(fields, subresource == "status" ? AllButStatus : Status);
    }

    /// <summary>Leaves out whole branches: each path of a set, and all below it.</summary>
    private static FieldSet Without(FieldSet fields, FieldSet branches)
    {
        var builder = default(FieldSetBuilder);
        foreach (var entry in fields.Entries)
        {
            if (branches.HasMember(entry.Element))
                continue;
            var below = branches.Child(entry.Element);
            builder.Add(entry.Element, entry.IsMember, below.IsEmpty ? entry.Children : Without(entry.Children, below));
        }

        return builder.Build();
    }
}
