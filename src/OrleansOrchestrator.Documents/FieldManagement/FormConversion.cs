using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>Turns an object from one form into another, by way of the storage form.</summary>
internal static class FormConversion
{
    public static ReadOnlyMemory<byte> Convert(ReadOnlyMemory<byte> json, ResourceForm from, ResourceForm to)
    {
        if (from == to)
            return json;
        var obj = from.ToStorage(from.Decode(json.Span));
        obj.Metadata ??= new();
        // A form shows stored objects, which have a revision; nobody manages it.
        var stored = RevisionSplice.Set(from.Definition.Encode(obj), 0);
        return to.JsonOf(StoredObject.Read(from.Definition, stored));
    }
}
