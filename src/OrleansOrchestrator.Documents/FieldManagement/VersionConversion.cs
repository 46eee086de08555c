using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>Converts an object between versions through the storage version.</summary>
internal static class VersionConversion
{
    public static ReadOnlyMemory<byte> Convert(ReadOnlyMemory<byte> json, ServedVersion from, ServedVersion to)
    {
        if (from == to)
            return json;
        var obj = from.ToStorage(from.Decode(json.Span));
        obj.Metadata ??= new();
        // Versions are computed from stored objects, which have a revision. Field management ignores it.
        var stored = RevisionSplice.Set(from.Definition.Encode(obj), 0);
        return to.JsonOf(StoredObject.Read(from.Definition, stored));
    }
}
