using System.Text;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Protobuf;

public sealed class StatusEncodingTests
{
    /// <summary>All kinds whose statuses are written apart from the spec.</summary>
    public static TheoryData<string> Kinds => [.. BuiltInKinds.Registry.All.Where(definition => definition.KeepsSpec).Select(definition => definition.Name.ToString())];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Status_WrittenOverAnObjectWithEveryField_IsTheWholeObjectEncoded(string name)
    {
        var definition = BuiltInKinds.Registry[ResourceName.Parse(name)];
        var filled = (KubeObject)FilledModel.Of(definition.ModelType);
        var stored = StoredObject.Read(definition, RevisionSplice.Set(definition.Encode(filled), 7));
        var updated = stored.Decode();
        definition.PrepareForStatusUpdate(updated, stored.SharedModel());

        definition.SharesSpec(updated, stored).ShouldBeTrue();
        Encoding.UTF8.GetString(definition.EncodeOver(updated, stored)).ShouldBe(Encoding.UTF8.GetString(definition.Encode(updated)));
        definition.SharesSpec(stored.Decode(), stored).ShouldBeFalse();

        // Without its spec, and with it again, it is what it was.
        RevisionSplice.InsertSpec(stored.WithoutSpec(), stored.SpecJson).ShouldBe(stored.Json.ToArray());
    }
}
