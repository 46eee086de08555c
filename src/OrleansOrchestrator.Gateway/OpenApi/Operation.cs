namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>A parameter of an operation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its OpenAPI type.</param>
/// <param name="Place">The place: <c>query</c> or <c>path</c>.</param>
internal sealed record Parameter(string Name, string Type = "string", string Place = Parameter.InQuery)
{
    /// <summary>In the query.</summary>
    public const string InQuery = "query";

    /// <summary>In the path.</summary>
    public const string InPath = "path";
}

/// <summary>An operation on a path.</summary>
/// <param name="Method">The HTTP method, in lower case.</param>
/// <param name="Action">Kubernetes' name of the action: get, list, post, put, patch, delete, deletecollection.</param>
/// <param name="Id">The unique id, from which client generators make method names.</param>
/// <param name="Tag">The group and version, by which operations are grouped.</param>
/// <param name="Kind">The kind of its body and answer.</param>
/// <param name="Parameters">The parameters of this operation alone.</param>
/// <param name="BodyTypes">The media types of the body; none without a body.</param>
/// <param name="Body">The schema of the body; null for any object.</param>
/// <param name="Answer">The schema of its answer.</param>
internal sealed record Operation(
    string Method,
    string Action,
    string Id,
    string Tag,
    KindName Kind,
    IReadOnlyList<Parameter> Parameters,
    IReadOnlyList<string> BodyTypes,
    string? Body,
    string Answer);
