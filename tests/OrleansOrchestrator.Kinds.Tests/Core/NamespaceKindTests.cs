namespace OrleansOrchestrator.Kinds.Tests.Core;

public class NamespaceKindTests
{
    private static readonly KindCase Namespaces = new("namespaces");

    [Fact]
    public void Namespace_Created_IsActiveAndHeld()
    {
        KindCase.ShouldBeJson(
            Namespaces.Created("{'metadata':{'name':'a'},'status':{'phase':'Terminating'}}"),
            "{'metadata':{'name':'a','labels':{'kubernetes.io/metadata.name':'a'}},'spec':{'finalizers':['kubernetes']},'status':{'phase':'Active'}}");
        Namespaces.Definition.IsHeld(Namespaces.Decode("{'spec':{'finalizers':['kubernetes']}}")).ShouldBeTrue();
        Namespaces.Definition.IsHeld(Namespaces.Decode("{'spec':{}}")).ShouldBeFalse();
    }

    [Fact]
    public void Update_WithoutFinalizers_KeepsThem() => KindCase.ShouldBeJson(
        Namespaces.Updated("{'metadata':{'name':'a'},'spec':{'finalizers':['kubernetes']}}", "{'metadata':{'name':'a'},'spec':{}}")["spec"]!,
        "{'finalizers':['kubernetes']}");

    [Fact]
    public void Deletion_OfAnActiveNamespace_SetsThePhase()
    {
        var ns = Namespaces.Decode("{'metadata':{'name':'a'},'status':{'phase':'Active'}}");

        Namespaces.Definition.PrepareForDeletion(ns);

        ((k8s.Models.V1Namespace)ns).Status.Phase.ShouldBe("Terminating");
    }

    [Theory]
    [InlineData("a-1", true)]
    [InlineData("a.b", false)]
    public void Name_NoDnsLabel_IsRefused(string name, bool valid) =>
        (Namespaces.Definition.ValidateName(name).Count == 0).ShouldBe(valid);

    [Theory]
    [InlineData("example.com/x", "")]
    [InlineData("x", "spec.finalizers: Invalid value: \"x\": name is neither a standard finalizer name nor is it fully qualified")]
    public void Finalizer_NeitherStandardNorQualified_IsRefused(string finalizer, string fault) =>
        Namespaces.Faults($"{{'metadata':{{'name':'a'}},'spec':{{'finalizers':['kubernetes','{finalizer}']}}}}").ShouldBe(fault);

    [Fact]
    public void StatusUpdate_ToTerminatingWithoutDeletion_IsRefused() =>
        Namespaces.StatusFaults("{'metadata':{'name':'a'}}", "{'metadata':{'name':'a'},'status':{'phase':'Terminating'}}")
            .ShouldBe("status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty");

    [Fact]
    public void Row_OfAnActiveNamespace_TellsThePhase()
    {
        Namespaces.Headings(wide: true).ShouldBe("Name | Status | Age");
        Namespaces.Row("{'metadata':{'name':'a','creationTimestamp':'2026-02-27T12:00:00Z'},'status':{'phase':'Active'}}").ShouldBe("a | Active | 2d");
    }
}
