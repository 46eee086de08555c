namespace OrleansOrchestrator.Gateway.Negotiation;

/// <summary>The media types of the API.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string Yaml = "application/yaml";
    public const string Protobuf = "application/vnd.kubernetes.protobuf";
    public const string JsonPatch = "application/json-patch+json";
    public const string MergePatch = "application/merge-patch+json";
    public const string StrategicMergePatch = "application/strategic-merge-patch+json";
    public const string ApplyPatch = "application/apply-patch+yaml";
    public const string Text = "text/plain; charset=utf-8";

    /// <summary>The types of bodies and answers of kinds without a protobuf message.</summary>
    public const string WithoutProtobuf = Json + ", " + Yaml;

    /// <summary>The types of bodies and answers.</summary>
    public const string Supported = WithoutProtobuf + ", " + Protobuf;

    /// <summary>The types of watches.</summary>
    public const string Streams = Json + ";stream=watch, " + Protobuf + ";stream=watch";

    /// <summary>The content type of a watch in protobuf.</summary>
    public const string ProtobufStream = Protobuf + ";stream=watch";

    /// <summary>The type and subtype of a header without its parameters.</summary>
    public static ReadOnlySpan<char> WithoutParameters(ReadOnlySpan<char> mediaType)
    {
        var end = mediaType.IndexOf(';');
        return (end < 0 ? mediaType : mediaType[..end]).Trim();
    }
}
