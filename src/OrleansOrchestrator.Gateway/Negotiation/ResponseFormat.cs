namespace OrleansOrchestrator.Gateway.Negotiation;

/// <summary>What an object or list is turned into before it is sent.</summary>
internal enum ResponseView
{
    /// <summary>Nothing: it is sent as it is.</summary>
    Object,

    /// <summary>A <c>meta.k8s.io</c> Table: rows and columns as kubectl prints them.</summary>
    Table,

    /// <summary>A <c>PartialObjectMetadata</c>: only its metadata.</summary>
    PartialMetadata,

    /// <summary>A <c>PartialObjectMetadataList</c>.</summary>
    PartialMetadataList,

    /// <summary>An <c>apidiscovery.k8s.io</c> APIGroupDiscoveryList; for discovery paths only.</summary>
    AggregatedDiscovery,
}

/// <summary>What an answer is written in.</summary>
internal enum ResponseEncoding
{
    /// <summary>JSON.</summary>
    Json,

    /// <summary>YAML.</summary>
    Yaml,

    /// <summary>Kubernetes' protobuf.</summary>
    Protobuf,
}

/// <summary>How an answer is to look, as the Accept header says.</summary>
/// <param name="View">What objects are turned into.</param>
/// <param name="Version">The version of that view, as in <c>v1beta1</c>.</param>
/// <param name="Encoding">What it is written in.</param>
/// <param name="IsPretty">Whether JSON is indented.</param>
internal sealed record ResponseFormat(
    ResponseView View, string Version = "v1", ResponseEncoding Encoding = ResponseEncoding.Json, bool IsPretty = false)
{
    /// <summary>JSON of the object as it is.</summary>
    public static ResponseFormat Json { get; } = new(ResponseView.Object);

    /// <summary>Whether stored bytes can be sent as they are.</summary>
    public bool IsPlain => View == ResponseView.Object && !IsRewritten;

    /// <summary>Whether it is sent as YAML.</summary>
    public bool IsYaml => Encoding == ResponseEncoding.Yaml;

    /// <summary>Whether it is sent as protobuf.</summary>
    public bool IsProtobuf => Encoding == ResponseEncoding.Protobuf;

    /// <summary>Whether JSON must be rewritten as a whole before it is sent.</summary>
    public bool IsRewritten => Encoding != ResponseEncoding.Json || IsPretty;

    /// <summary>The Content-Type of the answer.</summary>
    public string ContentType => Encoding switch
    {
        ResponseEncoding.Yaml => MediaTypes.Yaml,
        ResponseEncoding.Protobuf => MediaTypes.Protobuf,
        _ => MediaTypes.Json,
    };
}
