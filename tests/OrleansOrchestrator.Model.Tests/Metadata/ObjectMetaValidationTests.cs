using k8s.Models;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Tests.Metadata;

public class ObjectMetaValidationTests
{
    private static readonly ResourceDefinition Maps = BuiltInKinds.Registry[WellKnownResources.ConfigMaps];

    [Fact]
    public void Metadata_Plain_IsValid() => Faults(Plain()).ShouldBeEmpty();

    [Fact]
    public void Name_Absent_IsRequired()
    {
        var meta = Plain();
        meta.Name = null;

        Faults(meta).ShouldBe(["metadata.name: Required value: name or generateName is required"]);
    }

    [Fact]
    public void LabelsAndAnnotations_Malformed_AreRefused()
    {
        var meta = Plain();
        meta.Labels = new Dictionary<string, string> { ["a/b/c"] = "ok", ["k"] = "not ok" };
        meta.Annotations = new Dictionary<string, string> { ["UPPER/x"] = "anything goes", ["a b"] = "" };

        Fields(meta).ShouldBe(["metadata.labels", "metadata.labels", "metadata.annotations"]);
    }

    [Fact]
    public void Annotations_OverAQuarterMebibyte_AreRefused()
    {
        var meta = Plain();
        meta.Annotations = new Dictionary<string, string> { ["a"] = new string('x', ObjectMetaValidation.AnnotationsBytesMax) };

        Faults(meta).ShouldBe(["metadata.annotations: Too long: may not be more than 262144 bytes"]);
    }

    [Fact]
    public void Owners_Incomplete_AreRefused()
    {
        var meta = Plain();
        meta.OwnerReferences = [new V1OwnerReference()];

        Fields(meta).ShouldBe(["metadata.ownerReferences[0].apiVersion", "metadata.ownerReferences[0].kind", "metadata.ownerReferences[0].name", "metadata.ownerReferences[0].uid"]);
    }

    [Fact]
    public void Owners_WithTwoControllers_AreRefused()
    {
        var meta = Plain();
        meta.OwnerReferences = [Controller("a"), Controller("b")];

        Faults(meta).ShouldBe(["metadata.ownerReferences: Invalid value: 2: Only one reference can have Controller set to true. Found \"true\" in references for K/a and K/b"]);
    }

    [Fact]
    public void Update_WhileDeleting_GainsNoFinalizers()
    {
        var current = Plain();
        current.DeletionTimestamp = DateTime.UnixEpoch;
        current.Finalizers = ["example.com/a"];
        var updated = Plain();
        updated.Finalizers = ["example.com/a", "example.com/b"];
        var errors = new FieldErrors();

        ObjectMetaValidation.ValidateUpdate(Maps, updated, current, errors);

        errors.All.Select(error => error.ToString()).ShouldBe(
            ["metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers [\"example.com/b\"]"]);
    }

    private static V1OwnerReference Controller(string name) => new() { ApiVersion = "v1", Kind = "K", Name = name, Uid = "u", Controller = true };

    private static V1ObjectMeta Plain() => new() { Name = "m", NamespaceProperty = "ns" };

    private static IEnumerable<string> Faults(V1ObjectMeta meta) => All(meta).Select(error => error.ToString());

    private static IEnumerable<string> Fields(V1ObjectMeta meta) => All(meta).Select(error => error.Field);

    private static IReadOnlyList<FieldError> All(V1ObjectMeta meta)
    {
        var errors = new FieldErrors();
        ObjectMetaValidation.Validate(Maps, meta, errors);
        return errors.All;
    }
}
