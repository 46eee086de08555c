using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>The fields that a write can own. It cannot own what it cannot change, such as the status in an ordinary write.</summary>
internal static class OwnershipScope
{
    private static readonly FieldSet Status = FieldSetJson.Read("""{"f:status":{}}""");

    // Also what a status update restores from the present object.
    private static readonly FieldSet AllButStatus = FieldSetJson.Read(
        """{"f:spec":{},"f:metadata":{"f:labels":{},"f:ownerReferences":{},"f:finalizers":{},"f:deletionTimestamp":{}}}""");

    /// <summary>The fields of a set that a write through a subresource can own.</summary>
    public static FieldSet Of(ResourceDefinition definition, string subresource, FieldSet fields)
    {
        if (!definition.HasStatus || fields.IsEmpty)
            return fields;
        return Without(fields, subresource == "status" ? AllButStatus : Status);
    }

    /// <summary>Removes whole branches: each path of a set, and all below it.</summary>
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
