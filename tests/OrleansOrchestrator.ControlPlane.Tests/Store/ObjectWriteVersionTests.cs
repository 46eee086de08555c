using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Telemetry;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

/// <summary>Silos of two versions send each other writes during an upgrade.</summary>
public sealed class ObjectWriteVersionTests
{
    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    [Fact]
    public void Write_OfTheVersionBefore_HasNoTrace()
    {
        var before = new ObjectWriteBefore(WriteType.Replace, "default", "a", new byte[] { 1, 2 }, 7, ["claim"]);

        var write = Serializer.Deserialize<ObjectWrite>(Serializer.SerializeToArray(before))!;

        write.Trace.ShouldBeNull();
        (write.Type, write.Namespace, write.Name, write.ExpectedRevision).ShouldBe((WriteType.Replace, "default", "a", 7));
        write.Json!.Value.ToArray().ShouldBe([1, 2]);
        write.Claims.ShouldBe(["claim"]);
    }

    [Fact]
    public void Write_WithATrace_IsReadByTheVersionBefore()
    {
        var trace = new TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "vendor=1");
        ObjectWrite[] writes = [Samples.Create("a", claims: "claim") with { Trace = trace }, Samples.Create("b", claims: "claim") with { Trace = trace }];

        var before = Serializer.Deserialize<ObjectWriteBefore[]>(Serializer.SerializeToArray(writes))!;

        before.Select(write => write.Name).ShouldBe(["a", "b"]);
        before.ShouldAllBe(write => write.Claims.Single() == "claim" && write.Json!.Value.Length > 0);
        Serializer.Deserialize<ObjectWrite[]>(Serializer.SerializeToArray(writes))!.ShouldAllBe(write => write.Trace == trace);
    }
}

/// <summary>An <see cref="ObjectWrite"/> before writes were traced.</summary>
[GenerateSerializer, Immutable, Alias("ObjectWriteBefore")]
internal sealed record ObjectWriteBefore(
    [property: Id(0)] WriteType Type,
    [property: Id(1)] string Namespace,
    [property: Id(2)] string Name,
    [property: Id(3)] ReadOnlyMemory<byte>? Json,
    [property: Id(4)] long ExpectedRevision,
    [property: Id(5)] IReadOnlyList<string> Claims);
