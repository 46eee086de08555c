namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>The differences between the versions of OpenAPI.</summary>
/// <param name="VersionField">The field with the version.</param>
/// <param name="Version">The version.</param>
/// <param name="ReferencePrefix">The prefix of a schema's name in a reference.</param>
internal sealed record OpenApiDialect(string VersionField, string Version, string ReferencePrefix)
{
    /// <summary>OpenAPI 2, also known as Swagger.</summary>
    public static OpenApiDialect Version2 { get; } = new("swagger", "2.0", "#/definitions/");

    /// <summary>OpenAPI 3.</summary>
    public static OpenApiDialect Version3 { get; } = new("openapi", "3.0.0", "#/components/schemas/");

    /// <summary>Whether this is OpenAPI 2.</summary>
    public bool IsVersion2 => this == Version2;
}
