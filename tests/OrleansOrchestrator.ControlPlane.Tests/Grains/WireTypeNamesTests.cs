using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Invocation;
using Orleans.Serialization.TypeSystem;
using OrleansOrchestrator.ControlPlane.Grains;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Grains;

public sealed class WireTypeNamesTests
{
    // What silos of the version before write and read.
    private const string WireName = "[OrleansOrchestrator.Model.Codec.StoredObject,OrleansOrchestrator.Model]";

    [Fact]
    public void Format_MovedTypeInAResponse_HasTheNameOfTheVersionBefore() =>
        Converter().Format(typeof(Response<StoredObject>)).ShouldContain(WireName);

    [Fact]
    public void Parse_NameOfTheVersionBefore_IsTheMovedType()
    {
        var converter = Converter();

        converter.Parse(converter.Format(typeof(Response<StoredObject>))).ShouldBe(typeof(Response<StoredObject>));
    }

    private static TypeConverter Converter()
    {
        var services = new ServiceCollection();
        services.AddSerializer(serializer => serializer.AddAssembly(typeof(WireTypeNames).Assembly));
        WireTypeNames.AddTo(services);
        return services.BuildServiceProvider().GetRequiredService<TypeConverter>();
    }
}
