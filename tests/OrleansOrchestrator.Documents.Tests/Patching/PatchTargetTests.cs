using k8s.Models;
using OrleansOrchestrator.Documents.Patching;

namespace OrleansOrchestrator.Documents.Tests.Patching;

public sealed class PatchTargetTests
{
    [Fact]
    public void Target_WithAFieldTwiceInWhatItHolds_CanBePatchedThere()
    {
        var target = PatchTarget.Read("""{"data":{"a":1,"a":2.0,"b":{"c":1,"c":2}},"revision":1}"""u8);

        StrategicMergePatch.Apply(target, """{"data":{"b":{"d":1}}}"""u8, typeof(V1ControllerRevision)).ToJsonString()
            .ShouldBe("""{"data":{"a":2.0,"b":{"c":2,"d":1}},"revision":1}""");
        JsonPatch.Apply(target, """[{"op":"replace","path":"/data/b/c","value":3}]"""u8)!.ToJsonString()
            .ShouldBe("""{"data":{"a":2.0,"b":{"c":3}},"revision":1}""");
    }
}
