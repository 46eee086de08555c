namespace OrleansOrchestrator.Gateway.Negotiation;

/// <summary>The view of an object or list in an answer.</summary>
internal enum ResponseView
{
    /// <summary>The object itself.</summary>
    Object,

    /// <summary>A <c>meta.k8s.io</c> Table: rows and columns as kubectl prints them.</summary>
    Table,

    /// <summary>A <c>PartialObjectMetadata</c>: the metadata only.</summary>
    PartialMetadata,

    /// <summary>A <c>PartialObjectMetadataList</c>.</summary>
    PartialMetadataList,

    /// <summary>An <c>apidiscovery.k8s.io</c> APIGroupDiscoveryList; for discovery paths only.</summary>
    AggregatedDiscovery,
}

/// <summary>The encoding of an answer.</summary>
internal enum ResponseEncoding
{
    /// <summary>JSON.</summary>
    Json,

    /// <summary>YAML.</summary>
    Yaml,

    /// <summary>Kubernetes' protobuf.</summary>
    Protobuf,
}

/// <summary>The format of an answer.</summary>
/// <param name="View">The view of objects.</param>
/// <param name="Version">The version of the view, such as <c>v1beta1</c>.</param>
/// <param name="Encoding">The encoding.</param>
/// <param name="IsPretty">Whether JSON is indented.</param>
internal sealed record ResponseFormat(
    ResponseView View, string Version = "v1", ResponseEncoding Encoding = ResponseEncoding.Json, bool IsPretty = false)
{
    /// <summary>The object as JSON.</summary>
    public static ResponseFormat Json { get; } = new(ResponseView.Object);

    /// <summary>Whether stored bytes can be sent unchanged.</summary>
    public bool IsPlain => View == ResponseView.Object && !IsRewritten;

    /// <summary>Whether the answer is YAML.</summary>
    public bool IsYaml => Encoding == ResponseEncoding.Yaml;

    /// <summary>Whether the answer is protobuf.</summary>
    public bool IsProtobuf => Encoding == ResponseEncoding.Protobuf;

    /// <summary>Whether JSON must be rewritten before it is sent.</summary>
    public bool IsRewritten => Encoding != ResponseEncoding.Json || IsPretty;

    /// <summary>The Content-Type of the answer.</summary>
    public string ContentType => Encoding switch
    {
        ResponseEncoding.Yaml => MediaTypes.Yaml,
        ResponseEncoding.Protobuf => MediaTypes.Protobuf,
        _ => MediaTypes.Json,
    };
}
