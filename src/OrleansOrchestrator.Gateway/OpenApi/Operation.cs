namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>A parameter of an operation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its OpenAPI type.</param>
/// <param name="Place">Where it is given: <c>query</c> or <c>path</c>.</param>
internal sealed record Parameter(string Name, string Type = "string", string Place = Parameter.InQuery)
{
    /// <summary>In the query.</summary>
    public const string InQuery = "query";

    /// <summary>In the path.</summary>
    public const string InPath = "path";
}

/// <summary>One thing that can be done at a path.</summary>
/// <param name="Method">The HTTP method, in lower case.</param>
/// <param name="Action">What Kubernetes calls it: get, list, post, put, patch, delete, deletecollection.</param>
/// <param name="Id">Its name among all operations, of which generated clients make method names.</param>
/// <param name="Tag">The group and version by which operations are sorted.</param>
/// <param name="Kind">The kind of its body and answer.</param>
/// <param name="Parameters">The parameters that only it has.</param>
/// <param name="BodyTypes">The media types of its body; none if it has no body.</param>
/// <param name="Body">The schema of its body; null if that is any object.</param>
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
