using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.Tests.FieldManagement;

/// <summary>Managers of one object that speak different versions of its kind.</summary>
public sealed class VersionedOwnershipTests
{
    private const string Target = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}";
    private readonly LiveObject _live = new("HorizontalPodAutoscaler");

    [Fact]
    public void Apply_InAnotherVersion_IsRecordedInIt()
    {
        ApplyFirst("one", $"{{{Target}, maxReplicas: 3, targetCPUUtilizationPercentage: 70}}");

        _live.Entries.ShouldHaveSingleItem().ApiVersion.ShouldBe("autoscaling/v1");
        _live.Owned("one").ShouldBe("""{"f:spec":{"f:maxReplicas":{},"f:scaleTargetRef":{},"f:targetCPUUtilizationPercentage":{}}}""");
        Metrics().ShouldBe(70);
    }

    [Fact]
    public void Update_InAnotherVersion_IsRecordedInIt()
    {
        _live.ServedVersion = ServedVersion("autoscaling/v1");

        _live.Update("one", Object("autoscaling/v1", $"{{{Target}, maxReplicas: 3, targetCPUUtilizationPercentage: 70}}"));

        var entry = _live.Entries.ShouldHaveSingleItem();
        (entry.ApiVersion, entry.Operation).ShouldBe(("autoscaling/v1", "Update"));
        _live.Owned("one", "Update")!.ShouldContain("f:targetCPUUtilizationPercentage");
    }

    [Fact]
    public void Apply_OfWhatIsOwnedInAnotherVersion_ConflictsInThatVersionsWords()
    {
        ApplySecond("two", Cpu(50, maximum: 3));

        var refusal = Should.Throw<ApiException>(() => ApplyFirst("one", $"{{{Target}, maxReplicas: 3, targetCPUUtilizationPercentage: 60}}"));

        refusal.Message.ShouldBe("Apply failed with 1 conflict: conflict with \"two\": .spec.metrics");
    }

    [Fact]
    public void Apply_ForcedInAnotherVersion_TakesWhatChangesAndNothingElse()
    {
        ApplySecond("two", Cpu(50, maximum: 3));

        ApplyFirst("one", $"{{{Target}, targetCPUUtilizationPercentage: 60}}", force: true);

        _live.Owned("two").ShouldBe("""{"f:spec":{"f:maxReplicas":{},"f:scaleTargetRef":{}}}""");
        _live.Owned("one").ShouldBe("""{"f:spec":{"f:scaleTargetRef":{},"f:targetCPUUtilizationPercentage":{}}}""");
        Metrics().ShouldBe(60);
    }

    [Fact]
    public void Apply_WithoutWhatWasAppliedInAnotherVersion_TakesItAway()
    {
        ApplyFirst("one", $"{{{Target}, maxReplicas: 3, targetCPUUtilizationPercentage: 70}}");

        ApplySecond("one", $"{{{Target}, maxReplicas: 3}}");

        // What is there now is the default for whoever wants nothing.
        Metrics().ShouldBe(80);
        _live.Entries.ShouldHaveSingleItem().ApiVersion.ShouldBe("autoscaling/v2");
    }

    [Fact]
    public void Apply_WithoutWhatAnotherOwnsInAnotherVersion_LeavesIt()
    {
        ApplySecond("two", Cpu(70, maximum: 3));
        ApplyFirst("one", $"{{{Target}, targetCPUUtilizationPercentage: 70}}");

        ApplyFirst("one", $"{{{Target}}}");

        Metrics().ShouldBe(70);
        _live.Owned("one").ShouldBe("""{"f:spec":{"f:scaleTargetRef":{}}}""");
        _live.Owned("two")!.ShouldContain("f:metrics");
    }

    [Fact]
    public void Apply_InAnotherVersionThanBefore_LeavesWhatAnotherOwnsInTheEarlierOne()
    {
        ApplyFirst("one", $"{{{Target}, maxReplicas: 3, targetCPUUtilizationPercentage: 70}}");
        ApplyFirst("two", $"{{{Target}, targetCPUUtilizationPercentage: 70}}");

        ApplySecond("one", $"{{{Target}, maxReplicas: 3}}");

        Metrics().ShouldBe(70);
        _live.Owned("two")!.ShouldContain("f:targetCPUUtilizationPercentage");
    }

    [Fact]
    public void Apply_OfTheSameInAnotherVersion_ChangesTheVersionOnly()
    {
        ApplyFirst("one", $"{{{Target}, maxReplicas: 3}}");
        var spec = _live.Node["spec"]!.ToJsonString();

        ApplySecond("one", $"{{{Target}, maxReplicas: 3}}");

        _live.Node["spec"]!.ToJsonString().ShouldBe(spec);
        _live.Entries.ShouldHaveSingleItem().ApiVersion.ShouldBe("autoscaling/v2");
    }

    [Fact]
    public void Update_OfAnObjectWhoseManagersSpeakAVersionThatIsGone_ForgetsThem()
    {
        ApplySecond("two", Cpu(50, maximum: 3));

        _live.Edit("one", obj =>
        {
            obj.Metadata.ManagedFields[0].ApiVersion = "autoscaling/v9";
            obj.Metadata.Labels = new Dictionary<string, string> { ["a"] = "b" };
        });

        _live.Entries.ShouldHaveSingleItem().Manager.ShouldBe("one");
    }

    private static string Cpu(int percentage, int maximum) =>
        $"{{{Target}, maxReplicas: {maximum}, metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: {percentage}}}}}}}]}}";

    private static string Object(string version, string spec) =>
        $"{{apiVersion: {version}, kind: HorizontalPodAutoscaler, metadata: {{name: a, namespace: space}}, spec: {spec}}}";

    private ServedVersion ServedVersion(string version) => _live.Definition.FindVersion(version).ShouldNotBeNull();

    private void ApplyFirst(string manager, string spec, bool force = false) => Apply("autoscaling/v1", manager, spec, force);

    private void ApplySecond(string manager, string spec) => Apply("autoscaling/v2", manager, spec, force: false);

    private void Apply(string version, string manager, string spec, bool force)
    {
        _live.ServedVersion = ServedVersion(version);
        _live.Apply(manager, Object(version, spec), force);
    }

    private int? Metrics() => (int?)_live.Node["spec"]!["metrics"]?[0]?["resource"]!["target"]!["averageUtilization"];
}
