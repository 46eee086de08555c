using System.Text;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Documents.FieldManagement;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.Tests.FieldSets;

public sealed class FieldSetCacheTests
{
    [Theory]
    [InlineData("""{"a":"x","b":{"c":1}}""", """{"a":"yy","b":{"c":234}}""", true)]
    [InlineData("""{"a":true}""", """{"a":false}""", true)]
    [InlineData("""{"a":[{"name":"x"}]}""", """{"a":[{"name":"y"}]}""", false)]
    [InlineData("""{"a":["x"]}""", """{"a":["y"]}""", false)]
    [InlineData("""{"a":["xy"]}""", """{"a":["x","y"]}""", false)]
    [InlineData("""{"a":{}}""", """{"a":{"b":{}}}""", false)]
    [InlineData("""{"a":"x"}""", """{"a":null}""", false)]
    [InlineData("""{"a":"x"}""", """{"b":"x"}""", false)]
    [InlineData("""{"a":{"b":1},"c":1}""", """{"a":{"b":1,"c":1}}""", false)]
    [InlineData("""{"a":[1]}""", """{"a":["1"]}""", false)]
    public void Outline_TwoObjects_SaysWhetherTheirFieldsAreTheSame(string one, string other, bool same) =>
        Outline(one).SequenceEqual(Outline(other)).ShouldBe(same);

    [Fact]
    public void Outline_TooLarge_IsNone() => ObjectOutline.Write("""{"name":[1,2,3]}"""u8, new byte[5]).ShouldBe(-1);

    [Fact]
    public void OnCreate_ManyShapes_OwnsTheSameAsWithoutMemory()
    {
        // The same few names again and again: what is remembered of one object must fit the next.
        Gen.Select(
            Gen.Select(Gen.OneOf("a", "b", "c"), Gen.OneOf("1", "2", "3")).Array[0, 3],
            Gen.OneOf("web", "db").HashSet[1, 2],
            Gen.OneOf(80, 81).HashSet[0, 2],
            Gen.OneOf("x", "y").HashSet[0, 2]).Sample((labels, containers, ports, finalizers) =>
        {
            var pod = Pod(labels, containers, ports, finalizers);
            var fresh = (ResourceDefinition)Activator.CreateInstance(Shared.GetType())!;

            OwnershipTracking.OnCreate(Shared.Storage, pod, Writer);
            var remembered = pod.Metadata.ManagedFields[0].FieldsV1?.ToString();
            pod.Metadata.ManagedFields = null;
            OwnershipTracking.OnCreate(fresh.Storage, pod, Writer);

            remembered.ShouldBe(pod.Metadata.ManagedFields![0].FieldsV1?.ToString());
            Encoding.UTF8.GetString(ObjectCodec.Encode(pod)).ShouldContain($"\"fieldsV1\":{remembered}");
        }, iter: 2000);
    }

    private static ResourceDefinition Shared => BuiltInKinds.Registry[WellKnownResources.Pods];

    private static FieldWriter Writer => new("tester", "", DateTime.UnixEpoch);

    private static byte[] Outline(string json)
    {
        var outline = new byte[1024];
        return outline[..ObjectOutline.Write(Encoding.UTF8.GetBytes(json), outline)];
    }

    private static V1Pod Pod((string, string)[] labels, HashSet<string> containers, HashSet<int> ports, HashSet<string> finalizers) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = "pod",
            Labels = labels.DistinctBy(label => label.Item1).ToDictionary(label => label.Item1, label => label.Item2),
            Finalizers = [.. finalizers],
        },
        Spec = new V1PodSpec
        {
            Containers = [.. containers.Select(name => new V1Container
            {
                Name = name,
                Image = "image",
                Ports = [.. ports.Select(port => new V1ContainerPort { ContainerPort = port, Protocol = "TCP" })],
            })],
        },
    };
}
