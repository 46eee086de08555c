using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Tests.Negotiation;

public sealed class AcceptHeaderTests
{
    private static readonly ResponseScope Objects = new(HasViews: true, HasProtobuf: true, HasAggregatedDiscovery: false);
    private static readonly ResponseScope Custom = Objects with { HasProtobuf = false };
    private static readonly ResponseScope Discovery = new(HasViews: false, HasProtobuf: true, HasAggregatedDiscovery: true);

    private const string KubectlTable =
        "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

    [Theory]
    [InlineData(null, "Object v1")]
    [InlineData("*/*", "Object v1")]
    [InlineData("application/json", "Object v1")]
    [InlineData("application/json; charset=utf-8", "Object v1")]
    [InlineData("application/vnd.kubernetes.protobuf,application/json", "Object v1 protobuf")]
    [InlineData("application/vnd.kubernetes.protobuf;as=Table;g=meta.k8s.io;v=v1,application/json;as=Table;g=meta.k8s.io;v=v1,application/json", "Table v1")]
    [InlineData("application/json;q=0.4,*/*;q=0.9", "Object v1")]
    [InlineData("*/*,application/yaml", "Object v1 yaml")]
    [InlineData("application/*,application/vnd.kubernetes.protobuf", "Object v1 protobuf")]
    [InlineData("*/*;as=Table;g=meta.k8s.io;v=v1", "Table v1")]
    [InlineData("application/json;stream=watch", "Object v1")]
    [InlineData("application/json;stream=other,application/yaml;stream=watch,application/vnd.kubernetes.protobuf;stream=watch", "Object v1 protobuf")]
    [InlineData("application/json;sv=v9,application/yaml;sv=v1", "Object v1 yaml")]
    [InlineData("application/json;g=meta.k8s.io,application/yaml", "Object v1 yaml")]
    [InlineData("application/json ; as = \"Table\" ; v=v1 ; g=meta.k8s.io", "Table v1")]
    [InlineData("application/json;q=rubbish,application/yaml;q=0.1", "Object v1 yaml")]
    [InlineData("text/html,application/xhtml+xml,*/*;q=0.8", "Object v1")]
    [InlineData("application/yaml", "Object v1 yaml")]
    [InlineData("application/json;q=0.5,application/yaml", "Object v1 yaml")]
    [InlineData(KubectlTable, "Table v1")]
    [InlineData("application/json;as=Table;v=v1beta1;g=meta.k8s.io", "Table v1beta1")]
    [InlineData("application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "Object v1")]
    [InlineData("application/json;as=Rubbish;v=v1;g=meta.k8s.io,application/json", "Object v1")]
    [InlineData("application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json", "PartialMetadata v1 protobuf")]
    [InlineData("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", "PartialMetadataList v1")]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json", "Object v1")]
    public void Negotiate_ForObject_TakesFirstOfBestQuality(string? accept, string expected) =>
        Describe(AcceptHeader.Negotiate(accept, isPretty: false, Objects)).ShouldBe(expected);

    [Theory]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json", "AggregatedDiscovery v2")]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json", "AggregatedDiscovery v2beta1")]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList,application/json", "Object v1")]
    [InlineData(KubectlTable, "Object v1")]
    public void Negotiate_ForDiscovery_TakesFirstThatIsKnown(string accept, string expected) =>
        Describe(AcceptHeader.Negotiate(accept, isPretty: false, Discovery)).ShouldBe(expected);

    [Theory]
    [InlineData("application/vnd.kubernetes.protobuf,application/json", "Object v1")]
    [InlineData("application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", "PartialMetadata v1 protobuf")]
    public void Negotiate_ForCustomKind_HasProtobufOfItsMetadataOnly(string accept, string expected) =>
        Describe(AcceptHeader.Negotiate(accept, isPretty: false, Custom)).ShouldBe(expected);

    [Theory]
    [InlineData("application/json;as=Table;v=v1;g=meta.k8s.io")]
    [InlineData("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io")]
    public void Negotiate_OfTableWhereThereIsNone_IsNotAcceptable(string accept)
    {
        var refused = Should.Throw<ApiException>(() => AcceptHeader.Negotiate(accept, false, Objects with { HasViews = false }));
        (refused.Code, refused.Message).ShouldBe(
            (406, "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"));
    }

    [Theory]
    [InlineData("application/vnd.kubernetes.protobuf")]
    [InlineData("text/plain")]
    [InlineData("application/json;q=0")]
    [InlineData("application/json;as=Table;v=v9;g=meta.k8s.io")]
    public void Negotiate_OfNothingKnown_IsNotAcceptable(string accept) =>
        Should.Throw<ApiException>(() => AcceptHeader.Negotiate(accept, false, Custom)).Code.ShouldBe(406);

    private static string Describe(ResponseFormat format) => $"{format.View} {format.Version}{(format.IsYaml ? " yaml" : format.IsProtobuf ? " protobuf" : "")}";
}
