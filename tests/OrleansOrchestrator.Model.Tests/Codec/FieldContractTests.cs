using System.Text;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Tests.Codec;

public sealed class FieldContractTests
{
    [Theory]
    [InlineData("""{"metadata":{"name":"a","labels":{"a":"1","b":"2"}},"spec":{"containers":[{"name":"c","image":"i"}]}}""")]
    [InlineData("""{"spec":{"containers":[{"resources":{"limits":{"cpu":"1","memory":"1Gi"}}}],"nodeSelector":{}}}""")]
    [InlineData("""{"metadata":null,"spec":{"containers":[],"priority":1}}""")]
    public void Fits_KnownFieldsOnceEach_IsTrue(string json) => Fits(json).ShouldBeTrue();

    [Theory]
    [InlineData("""{"metadata":{"name":"a"},"metadata":{}}""", "duplicate field \"metadata\"")]
    [InlineData("""{"metadata":{"labels":{"a":"1","b":"2","a":"3"}}}""", "duplicate field \"metadata.labels.a\"")]
    [InlineData("""{"spec":{"containers":[{"name":"c"},{"nome":"c"}]}}""", "unknown field \"spec.containers[1].nome\"")]
    [InlineData("""{"spec":{"containers":[{"resources":{"limits":{"cpu":"1","cpu":"2"}}}]}}""", "duplicate field \"spec.containers[0].resources.limits.cpu\"")]
    [InlineData("""{"Spec":{}}""", "unknown field \"Spec\"")]
    public void Find_UnknownOrDuplicateField_NamesIt(string json, string fault)
    {
        Fits(json).ShouldBeFalse();
        StrictFields.Find(Encoding.UTF8.GetBytes(json), typeof(V1Pod)).ShouldBe([fault]);
    }

    [Theory]
    [InlineData("""{"metadata":{"labels":{"a\u0062":"1"}}}""")]
    [InlineData("""{"met\u0061data":{}}""")]
    public void Find_EscapedNames_AreKnown(string json) =>
        StrictFields.Find(Encoding.UTF8.GetBytes(json), typeof(V1Pod)).ShouldBeEmpty();

    [Fact]
    public void Find_MapOfManyEntries_FindsTheDuplicateAmongThem()
    {
        var entries = string.Join(',', Enumerable.Range(0, 100).Append(57).Select(i => $"\"key{i}\":\"\""));

        StrictFields.Find(Encoding.UTF8.GetBytes("{\"data\":{" + entries + "}}"), typeof(V1ConfigMap)).ShouldBe(["duplicate field \"data.key57\""]);
    }

    private static bool Fits(string json) => FieldContract.Of(typeof(V1Pod)).Fits(Encoding.UTF8.GetBytes(json));
}
